package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/blas"
	"cllm4rec/core/blas/probe"
	"cllm4rec/tools/libtorch/found"
)

// kernelFile is what the Makefile has its shells read before tests and benchmarks.
var kernelFile = filepath.Join(found.Folder, "kernel.sh")

// kernel chooses the kernel of OpenBLAS for this machine and writes it down for the Makefile.
func (s *setup) kernel() error {
	_, before := blas.Remembered(os.Environ())
	c, err := probe.Settle(context.Background())
	switch {
	case errors.Is(err, blas.ErrNone):
		s.out.Say("no libopenblas.so.0 where the loader looks: its kernel stays its own choice")
	case err != nil:
		return err
	case before != nil:
		s.out.Say("%s", told(c))
	}
	path := filepath.Join(s.root, kernelFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(script(c.Setting())), 0o644)
}

// told is a choice in words.
func told(c blas.Choice) string {
	if c.Setting() == "" {
		return fmt.Sprintf("%s takes its kernel %s: %.0f GFLOP/s on one thread", c.Version, c.Own.Kernel, c.Own.Rate)
	}
	return fmt.Sprintf("%s takes its kernel %s (%.0f GFLOP/s on one thread) on this processor, which has %s; %s does %.0f and is taken",
		c.Version, c.Own.Kernel, c.Own.Rate, c.Allowed, c.Taken.Kernel, c.Taken.Rate)
}

// script sets the variable in a shell unless the user did; an empty value is worse than none.
func script(kernel string) string {
	then := "unset " + blas.Variable
	if kernel != "" {
		then = "export " + blas.Variable + "=" + kernel
	}
	return fmt.Sprintf("# Written by tools/libtorch.\nif [ -z \"${%s:-}\" ]; then %s; fi\n", blas.Variable, then)
}

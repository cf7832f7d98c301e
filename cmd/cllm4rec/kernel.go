package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"cllm4rec/core/blas"
	"cllm4rec/core/blas/probe"
)

// settleKernel sees to it that plugins multiply with a kernel that suits the processor. Only
// the first run on a machine, or after its OpenBLAS was changed, measures anything.
func (a *app) settleKernel() {
	_, err := probe.Settle(context.Background())
	if err != nil && !errors.Is(err, blas.ErrNone) {
		a.log.Warn().Err(err).Msg("the kernel of OpenBLAS was not chosen: plugins take its own, which may be slow")
	}
}

// products says on which kernel plugins multiply and how fast that is here and now.
func (d *doctor) products(ctx context.Context) {
	const what = "blas"
	c, err := probe.Settle(ctx)
	if errors.Is(err, blas.ErrNone) {
		d.missing(what, err.Error(), "make setup")
		return
	}
	if err != nil {
		d.missing(what, fmt.Sprintf("its kernel was not chosen: %v", err), "make setup")
		return
	}
	kernel := blas.Current(os.Environ())
	task := probe.Task{Library: c.Library, Threads: runtime.NumCPU()}
	if kernel.Source != blas.FromLibrary {
		task.Kernel = kernel.Name
	}
	r, err := probe.Run(ctx, task)
	if err == nil && r.Wrong != "" {
		err = errors.New(r.Wrong)
	}
	if err != nil {
		d.missing(what, fmt.Sprintf("kernel %s of %s (%s): %v", kernel.Name, c.Library, kernel.Source, err), "unset "+blas.Variable)
		return
	}
	d.ok(what, "%s in %s", c.Version, c.Library)
	d.ok("", "kernel %s (%s): %.0f GFLOP/s in float32 on %d threads; the processor has %s", r.Kernel, decided(kernel.Source, c), r.Rate, task.Threads, c.Allowed)
	if kernel.Source == blas.FromUser && r.Kernel != c.Taken.Kernel {
		d.note("", "on one thread kernel %s does %.0f GFLOP/s", c.Taken.Kernel, c.Taken.Rate)
		d.print("         %-9s -> unset %s\n", "", blas.Variable)
	}
}

// decided says who chose a kernel and why.
func decided(source blas.Source, c blas.Choice) string {
	switch source {
	case blas.FromUser:
		return "asked for by " + blas.Variable
	case blas.FromProbe:
		return "measured; by itself the library takes " + c.Own.Kernel
	}
	return "the library's own pick"
}

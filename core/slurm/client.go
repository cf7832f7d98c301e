package slurm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"cllm4rec/core/contract"
)

// call runs one of Slurm's client programs and returns what it prints. ErrNotFound when it
// is not installed; another failure is told in the program's own words.
func call(ctx context.Context, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", contract.Errorf(contract.ErrNotFound, "Slurm's %s is not on the PATH: is this a machine from which jobs are submitted?", name)
	}
	var said, failed bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Stdout, c.Stderr = &said, &failed
	err = c.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var code *exec.ExitError
	if errors.As(err, &code) {
		return "", fmt.Errorf("%s refused: %s", name, strings.TrimSpace(failed.String()+said.String()))
	}
	return said.String(), err
}

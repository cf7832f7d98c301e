// Command cllm4rec runs experiments that put language-model and ID-based
// recommenders into one table.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"cllm4rec/core/blas/probe"
	"cllm4rec/core/contract"
	"cllm4rec/core/printable"
)

// version is set by the build; "" takes what the Go tool knows.
var version string

// Exit codes.
const (
	exitDone     = 0
	exitFailure  = 1 // the work failed
	exitBadInput = 2 // the user can mend it: plan, data, arguments
)

func main() {
	probe.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	keepOnBrokenPipes()
	os.Exit(execute(ctx, os.Args[1:], lossy{os.Stdout}, lossy{os.Stderr}))
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	a := newApp(stdout, stderr)
	defer func() {
		if p := recover(); p != nil {
			_, _ = fmt.Fprintf(stderr, "error: internal error: %v\n", p)
			code = exitFailure
		}
	}()
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(stderr, "error: stopped by a signal; the same command continues with what is missing")
		return exitFailure
	}
	_, _ = fmt.Fprintf(stderr, "error: %s\n", printable.Text(strings.TrimSpace(err.Error())))
	if !a.started || contract.IsBadInput(err) {
		return exitBadInput
	}
	return exitFailure
}

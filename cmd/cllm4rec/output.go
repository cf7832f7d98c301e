package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"golang.org/x/term"
)

// table is an empty table on stdout, whose header stands as it is written.
func (a *app) table() *tablewriter.Table {
	return tablewriter.NewTable(a.stdout, tablewriter.WithHeaderAutoFormat(tw.Off))
}

// lossy is stdout or stderr of the program. When its reader has gone, as that of
// `cllm4rec run FILE 2>&1 | head -1` does, what is written to it is lost and the work
// goes on.
type lossy struct{ *os.File }

// Write drops what nobody reads.
func (l lossy) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return len(p), nil
	}
	return n, err
}

// keepOnBrokenPipes lets a write to a pipe without a reader return an error. By default
// it ends a Go program when the pipe is its stdout or stderr. Unlike an ignored signal,
// one that is received is not passed on to plugins.
func keepOnBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// file is the file behind a writer: bars are drawn on nothing else.
func file(w io.Writer) io.Writer {
	if l, ok := w.(lossy); ok {
		return l.File
	}
	return w
}

// isTerminal reports whether a person sees what is written at once.
func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"cllm4rec/core/textgrid"

	"golang.org/x/term"
)

// table collects the cells of a table, and writes it as the terminal has room for it; piped, no cell is
// wrapped.
type table struct {
	a    *app
	grid textgrid.Grid
}

// table is an empty table on stdout. Its first column is that of the names.
func (a *app) table() *table { return &table{a, textgrid.Grid{Left: 1, Words: true}} }

func (t *table) Header(titles ...string) { t.grid.Header = titles }

// Append adds a row of as many cells as there are titles.
func (t *table) Append(cells ...string) error {
	if len(cells) != len(t.grid.Header) {
		return fmt.Errorf("a table of %d columns has a row of %d cells", len(t.grid.Header), len(cells))
	}
	t.grid.Rows = append(t.grid.Rows, cells)
	return nil
}

func (t *table) Render() error {
	_, err := t.grid.Write(t.a.stdout, t.a.stdoutScreen().Width)
	return err
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

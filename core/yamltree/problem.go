package yamltree

import (
	"fmt"
	"strings"

	"cllm4rec/core/contract"
)

// Problem is one thing that is wrong with a file. Line and Column
// count from 1; they are 0 when the problem concerns the file as a whole.
type Problem struct {
	File         string
	Line, Column int
	Path         string // such as "methods[1].cllm4rec.warmup"; "" for the file
	Message      string
}

// String is the problem as "file:line:column: path: message".
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	if p.Path == "" {
		return where + ": " + p.Message
	}
	return where + ": " + p.Path + ": " + p.Message
}

// mostProblems is how many problems a message lists.
const mostProblems = 100

// Problems is every problem of a file; as an error it is an ErrInvalid.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	lines := []string{fmt.Sprintf("%d problems", len(ps))}
	for _, p := range ps[:min(len(ps), mostProblems)] {
		lines = append(lines, "  "+p.String())
	}
	if more := len(ps) - mostProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes the problems an ErrInvalid.
func (ps Problems) Unwrap() error { return contract.ErrInvalid }

// Err is nil without problems.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// PathString renders steps such as methods, 1, base as "methods[1].base".
func PathString(steps []string) string {
	var b strings.Builder
	for i, s := range steps {
		switch {
		case isIndex(s):
			b.WriteString("[" + s + "]")
		case i > 0:
			b.WriteString("." + s)
		default:
			b.WriteString(s)
		}
	}
	return b.String()
}

func isIndex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

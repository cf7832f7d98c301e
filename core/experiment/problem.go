package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// Problem is one thing that is wrong with an experiment file. Line and Column
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

// Problems is every problem of a file; as an error it is an ErrInvalid.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	lines := []string{fmt.Sprintf("%d problems", len(ps))}
	for _, p := range ps {
		lines = append(lines, "  "+p.String())
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes the problems an ErrInvalid.
func (ps Problems) Unwrap() error { return contract.ErrInvalid }

// sorted puts the problems in the order of the file and drops repetitions: a
// problem of a base method shows in every method that inherits from it.
func (ps Problems) sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.inMethod(), b.inMethod()))
	})
	return slices.CompactFunc(out, func(a, b Problem) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message && a.inMethod() == b.inMethod()
	})
}

// inMethod is the path without the number of the method, in which the problems
// of a base and of its heirs differ.
func (p Problem) inMethod() string {
	if rest, ok := strings.CutPrefix(p.Path, "methods["); ok {
		return strings.TrimLeft(rest, "0123456789")
	}
	return p.Path
}

// err is nil without problems.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps.sorted()
}

// pathString renders steps such as methods, 1, base as "methods[1].base".
func pathString(steps []string) string {
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

package experiment

import (
	"cmp"
	"slices"
	"strings"

	"cllm4rec/core/yamltree"
)

// Problem is one thing that is wrong with an experiment file.
type Problem = yamltree.Problem

// Problems is every problem of a file; as an error it is an ErrInvalid.
type Problems = yamltree.Problems

// sorted puts the problems in the order of the file and drops repetitions: a
// problem of a base method shows in every method that inherits from it.
func sorted(ps Problems) Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message),
			cmp.Compare(inMethod(a), inMethod(b)))
	})
	return slices.CompactFunc(out, func(a, b Problem) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Message == b.Message && inMethod(a) == inMethod(b)
	})
}

// inMethod is the path without the number of the method, in which the problems
// of a base and of its heirs differ.
func inMethod(p Problem) string {
	if rest, ok := strings.CutPrefix(p.Path, "methods["); ok {
		return strings.TrimLeft(rest, "0123456789")
	}
	return p.Path
}

package neighbours

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
)

// Matrix holds item-to-item weights by source: those of source i are
// Entries[Ptr[i]:Ptr[i+1]], each with a target as its index.
type Matrix struct {
	Items   int
	Ptr     []int // length Items+1
	Entries []Entry
}

// FromTargets makes a Matrix from a list of sources for every target; the targets of a
// source ascend.
func FromTargets(targets [][]Entry) *Matrix {
	m := &Matrix{Items: len(targets), Ptr: make([]int, len(targets)+1)}
	for _, list := range targets {
		for _, e := range list {
			m.Ptr[e.Index+1]++
		}
	}
	for i := range m.Items {
		m.Ptr[i+1] += m.Ptr[i]
	}
	m.Entries = make([]Entry, m.Ptr[m.Items])
	next := slices.Clone(m.Ptr)
	for target, list := range targets {
		for _, e := range list {
			m.Entries[next[e.Index]] = Entry{int32(target), e.Value}
			next[e.Index]++
		}
	}
	return m
}

// FromSources makes a Matrix from a list of targets for every source.
func FromSources(sources [][]Entry) *Matrix {
	m := &Matrix{Items: len(sources), Ptr: make([]int, 1, len(sources)+1), Entries: slices.Concat(sources...)}
	at := 0
	for _, list := range sources {
		at += len(list)
		m.Ptr = append(m.Ptr, at)
	}
	return m
}

// Rank scores a target by the sum of the weights that a history's items have for it.
func (m *Matrix) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	return baseline.RankRows(ctx, spec, queries, m.Items, threads, m.Score)
}

// Score adds to row [items], for every target, the weights that the items of a history
// have for it.
func (m *Matrix) Score(history []int32, row []float64) {
	for _, i := range history {
		for _, e := range m.Entries[m.Ptr[i]:m.Ptr[i+1]] {
			row[e.Index] += e.Value
		}
	}
}

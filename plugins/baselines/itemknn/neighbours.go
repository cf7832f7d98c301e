package main

import (
	"cmp"
	"context"
	"math"
	"slices"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// tiesIndex is the value of Params.NeighbourTies that keeps smaller indices.
const tiesIndex = "index"

// neighbour is an entry of the similarity matrix.
type neighbour struct {
	item       int32
	similarity float64
}

// neighbours is the pruned similarity matrix by source item: the entries of
// source i are the targets that have i among their neighbours, rising.
type neighbours struct {
	items   int
	ptr     []int // length items+1
	entries []neighbour
}

// findNeighbours computes s_ij = c_ij / (sqrt(c_ii c_jj) + shrink) with c = X'X
// and s_ii = 0, and keeps for every target j its largest s_ij.
func findNeighbours(ctx context.Context, x *linalg.CSR, p Params, threads int) (*neighbours, error) {
	counts := x.ColumnCounts()
	targets := make([][]neighbour, x.Cols)
	pruners := make([]pruner, threads)
	err := linalg.CoOccurrence(ctx, x, threads, func(worker, j int, sources, together []int32) {
		list := make([]neighbour, len(sources))
		for n, i := range sources {
			norm := math.Sqrt(float64(counts[i]) * float64(counts[j]))
			list[n] = neighbour{i, float64(together[n]) / (norm + p.Shrink)}
		}
		targets[j] = pruners[worker].prune(list, p, x.Cols)
	})
	if err != nil {
		return nil, err
	}
	return bySource(targets), nil
}

// pruner is one thread's scratch; column is zero between targets.
type pruner struct {
	column []float64
	index  []int32
}

// prune keeps the most similar of a list over so many items.
func (p *pruner) prune(list []neighbour, params Params, items int) []neighbour {
	switch n := params.Neighbours; {
	case n == 0 || len(list) <= n:
		return list
	case params.NeighbourTies == tiesIndex:
		return smallestIndex(list, n)
	default:
		return p.partition(list, n, items)
	}
}

// smallestIndex keeps the n most similar, of equal ones those with the smaller index.
func smallestIndex(list []neighbour, n int) []neighbour {
	slices.SortFunc(list, func(a, b neighbour) int {
		if c := cmp.Compare(b.similarity, a.similarity); c != 0 {
			return c
		}
		return cmp.Compare(a.item, b.item)
	})
	return slices.Clone(list[:n])
}

// partition keeps the n most similar; the whole column, zeros included, decides
// which of equal ones.
func (p *pruner) partition(list []neighbour, n, items int) []neighbour {
	if p.column == nil {
		p.column, p.index = make([]float64, items), make([]int32, items)
	}
	for _, e := range list {
		p.column[e.item] = e.similarity
	}
	kept := make([]neighbour, n)
	for i, item := range largest(p.column, n, p.index) {
		kept[i] = neighbour{item, p.column[item]}
	}
	for _, e := range list {
		p.column[e.item] = 0
	}
	return kept
}

// bySource turns lists of sources per target into entries per source.
func bySource(targets [][]neighbour) *neighbours {
	m := &neighbours{items: len(targets), ptr: make([]int, len(targets)+1)}
	for _, list := range targets {
		for _, s := range list {
			m.ptr[s.item+1]++
		}
	}
	for i := range m.items {
		m.ptr[i+1] += m.ptr[i]
	}
	m.entries = make([]neighbour, m.ptr[m.items])
	next := slices.Clone(m.ptr)
	for target, list := range targets {
		for _, s := range list {
			m.entries[next[s.item]] = neighbour{int32(target), s.similarity}
			next[s.item]++
		}
	}
	return m
}

// score adds up, per target, the similarities of the items of a history.
func (m *neighbours) score(history []int32, row []float64) {
	for _, i := range history {
		for _, e := range m.entries[m.ptr[i]:m.ptr[i+1]] {
			row[e.item] += e.similarity
		}
	}
}

// Package neighbours keeps the most similar of a list, and the sparse item-to-item
// weights that the neighbourhood models score with.
package neighbours

import (
	"cmp"
	"slices"
)

// The rules by which the most similar are chosen among equals.
const (
	// TiesIndex keeps those with the smaller index.
	TiesIndex = "index"
	// TiesPartition keeps those that NumPy's argpartition keeps (see largest).
	TiesPartition = "partition"
)

// Entry is a neighbour and its weight.
type Entry struct {
	Index int32
	Value float64
}

// Selector chooses neighbours; one for each thread.
type Selector struct {
	column []float64 // zero between lists
	index  []int32
}

// Keep is the n entries of a list with the largest values, or the list where n is 0 or
// not below its length. Indices are below size. Under TiesIndex the list is sorted.
func (s *Selector) Keep(list []Entry, n int, ties string, size int) []Entry {
	switch {
	case n == 0 || len(list) <= n:
		return list
	case ties == TiesIndex:
		return smallestIndex(list, n)
	default:
		return s.partition(list, n, size)
	}
}

// smallestIndex keeps the n largest, of equal ones those with the smaller index. It sorts
// whenever 2n have gathered, and drops at once what is below the n-th of those.
func smallestIndex(list []Entry, n int) []Entry {
	kept := make([]Entry, 0, min(2*n, len(list)))
	full := false
	for _, e := range list {
		if full && after(e, kept[n-1]) > 0 {
			continue
		}
		if kept = append(kept, e); len(kept) == 2*n {
			slices.SortFunc(kept, after)
			kept, full = kept[:n], true
		}
	}
	slices.SortFunc(kept, after)
	return slices.Clip(kept[:n])
}

// after is above zero when a belongs behind b.
func after(a, b Entry) int {
	switch {
	case a.Value > b.Value:
		return -1
	case a.Value < b.Value:
		return 1
	default:
		return cmp.Compare(a.Index, b.Index)
	}
}

// partition keeps the n largest; the whole column, zeros included, decides which of
// equal ones.
func (s *Selector) partition(list []Entry, n, size int) []Entry {
	if s.column == nil {
		s.column, s.index = make([]float64, size), make([]int32, size)
	}
	for _, e := range list {
		s.column[e.Index] = e.Value
	}
	kept := make([]Entry, n)
	for i, item := range largest(s.column, n, s.index) {
		kept[i] = Entry{item, s.column[item]}
	}
	for _, e := range list {
		s.column[e.Index] = 0
	}
	return kept
}

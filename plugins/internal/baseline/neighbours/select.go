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

// smallestIndex keeps the n largest, of equal ones those with the smaller index.
func smallestIndex(list []Entry, n int) []Entry {
	slices.SortFunc(list, func(a, b Entry) int {
		if c := cmp.Compare(b.Value, a.Value); c != 0 {
			return c
		}
		return cmp.Compare(a.Index, b.Index)
	})
	return slices.Clone(list[:n])
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

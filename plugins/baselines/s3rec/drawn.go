package main

import (
	"slices"

	"cllm4rec/plugins/internal/neural"
)

// drawn is one step of pretraining: B sequences with masked items, then B contexts
// (a segment is masked), B segments (all but the segment is masked) and B segments of
// somebody else, one after another.
type drawn struct {
	sequences [][]int32
	rows      int64   // of all sequences
	hidden    []int64 // rows of all sequences that the mask stands for, ascending
	known     []int64 // items of the masked sequences that are not masked
	masked    []int64 // rows of those that are
	items     []int64 // and what they were
	others    []int64 // one item outside of the history for each
	ends      [3][]int64
}

// draw masks, and cuts segments of at most half a sequence (section 4.2.4).
func (m *model) draw(s *neural.Step, users []int32) drawn {
	var d drawn
	var segments [3][][]int32
	var hidden [3][][]int
	for i, row := range m.data.Rows(users) {
		sequence := neural.Last(m.Order.Arrange(row, s.Seed, s.Epoch), m.Length)
		d.mask(s.Draws, m, sequence, m.seen[users[i]])
		n := len(sequence)
		length := 1 + s.Draws.Below(n/2)
		at := s.Draws.Below(n - length + 1)
		from := s.Draws.Below(m.data.X.NNZ() - length + 1)
		other := slices.Clone(sequence)
		copy(other[at:], m.data.X.Index[from:from+length])
		inside, outside := places(n, at, at+length)
		for k, part := range []struct {
			items  []int32
			hidden []int
		}{{sequence, inside}, {sequence, outside}, {other, outside}} {
			segments[k], hidden[k] = append(segments[k], part.items), append(hidden[k], part.hidden)
		}
	}
	for k := range segments {
		for i, sequence := range segments[k] {
			d.ends[k] = append(d.ends[k], d.add(sequence, hidden[k][i]))
		}
	}
	return d
}

// mask adds a sequence of which a share is masked, at least one.
func (d *drawn) mask(draws *neural.Draws, m *model, sequence, seen []int32) {
	var places []int
	for at := range sequence {
		if draws.Float64() < m.Mask {
			places = append(places, at)
		}
	}
	if places == nil {
		places = []int{draws.Below(len(sequence))}
	}
	first := d.add(sequence, places) - int64(len(sequence)) + 1
	for at, item := range sequence {
		if !slices.Contains(places, at) {
			d.known = append(d.known, int64(item))
			continue
		}
		d.masked, d.items = append(d.masked, first+int64(at)), append(d.items, int64(item))
		d.others = append(d.others, int64(m.sampler.Outside(draws, seen)))
	}
}

// add puts a sequence behind the others and returns the row of its last item.
func (d *drawn) add(sequence []int32, hidden []int) (end int64) {
	first := d.rows
	for _, at := range hidden {
		d.hidden = append(d.hidden, first+int64(at))
	}
	d.sequences, d.rows = append(d.sequences, sequence), first+int64(len(sequence))
	return d.rows - 1
}

// places are those of 0..n-1 in lo..hi-1, and the others.
func places(n, lo, hi int) (inside, outside []int) {
	for at := range n {
		if lo <= at && at < hi {
			inside = append(inside, at)
		} else {
			outside = append(outside, at)
		}
	}
	return inside, outside
}

// visible are the rows that are not masked, and their items; masked ascends.
func visible(all, masked []int64) (rows, items []int64) {
	for row, item := range all {
		if _, hidden := slices.BinarySearch(masked, int64(row)); !hidden {
			rows, items = append(rows, int64(row)), append(items, item)
		}
	}
	return rows, items
}

package data

import (
	"cmp"
	"slices"
)

// pairParts finds the part of a (user, item) pair: the history with each row in the
// order of the items.
type pairParts struct {
	ptr   []int
	item  []int32
	label []partLabel
}

func (h *history) pairParts() *pairParts {
	p := &pairParts{ptr: h.Ptr, item: make([]int32, h.Len()), label: make([]partLabel, h.Len())}
	var row []int32 // positions in a user's history
	for u := range h.Users {
		from := h.Ptr[u]
		items := h.Row(u)
		row = row[:0]
		for i := range items {
			row = append(row, int32(i))
		}
		slices.SortFunc(row, func(a, b int32) int { return cmp.Compare(items[a], items[b]) })
		for i, at := range row {
			p.item[from+i], p.label[from+i] = items[at], h.part[from+int(at)]
		}
	}
	return p
}

// part is inAll when there is no such pair, or an index is -1.
func (p *pairParts) part(user, item int32) partLabel {
	if user < 0 || item < 0 {
		return inAll
	}
	from := p.ptr[user]
	at, found := slices.BinarySearch(p.item[from:p.ptr[user+1]], item)
	if !found {
		return inAll
	}
	return p.label[from+at]
}

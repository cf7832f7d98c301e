package data

import (
	"cmp"
	"slices"
)

// history is every kept interaction as one matrix, and the part of each.
type history struct {
	Interactions
	part []partLabel
}

// buildHistory indexes the kept rows. A row of the matrix is in the order of
// time, and of tieOrder where times are equal; in the order of the stream where
// there are none.
func (r *rows) buildHistory(kept []int32, users, items *Vocabulary, seed uint64) *history {
	toUser, toItem := remap(r.users.ids, users), remap(r.items.ids, items)
	order, ptr := grouped(kept, users.Len(), func(i int32) int32 { return toUser[r.user[i]] })
	r.sortByTime(order, ptr, seed)
	h := &history{Interactions: newInteractions(users.Len(), items.Len(), len(order), r.value != nil, r.time != nil)}
	h.Ptr, h.part = ptr, make([]partLabel, len(order))
	for at, i := range order {
		h.part[at], h.Item[at] = r.part[i], toItem[r.item[i]]
	}
	if r.value != nil {
		for at, i := range order {
			h.Value[at] = r.value[i]
		}
	}
	if r.time != nil {
		for at, i := range order {
			h.Time[at] = r.time[i]
		}
	}
	return h
}

// sortByTime orders the rows of each user; those of most files are in order.
func (r *rows) sortByTime(order []int32, ptr []int, seed uint64) {
	ties := newTieOrder(r, seed)
	compare := func(a, b int32) int { return r.compareTime(a, b, ties) }
	for u := range len(ptr) - 1 {
		if mine := order[ptr[u]:ptr[u+1]]; !slices.IsSortedFunc(mine, compare) {
			slices.SortFunc(mine, compare)
		}
	}
}

// compareTime orders two rows of one user.
func (r *rows) compareTime(a, b int32, ties *tieOrder) int {
	if r.time == nil {
		return cmp.Compare(a, b)
	}
	if c := cmp.Compare(r.time[a], r.time[b]); c != 0 {
		return c
	}
	return ties.compare(a, b)
}

// remap turns interner numbers into vocabulary indices; -1 for ids that the
// filters removed.
func remap(ids []string, v *Vocabulary) []int32 {
	to := make([]int32, len(ids))
	for i, id := range ids {
		index, ok := v.Index(id)
		if !ok {
			index = -1
		}
		to[i] = index
	}
	return to
}

// vocabularyOf indexes the ids that occur in the kept rows.
func vocabularyOf(ids []string, column, kept []int32) *Vocabulary {
	seen := make([]bool, len(ids))
	var used []string
	for _, i := range kept {
		if n := column[i]; !seen[n] {
			seen[n] = true
			used = append(used, ids[n])
		}
	}
	return NewVocabulary(used)
}

// newInteractions has room for n interactions.
func newInteractions(users, items, n int, values, times bool) Interactions {
	x := Interactions{Users: users, Items: items, Ptr: make([]int, users+1), Item: make([]int32, n)}
	if values {
		x.Value = make([]float32, n)
	}
	if times {
		x.Time = make([]int64, n)
	}
	return x
}

// carve copies the interactions of one part, in the order of the history.
func (h *history) carve(part partLabel) *Interactions {
	n := 0
	for _, p := range h.part {
		if p == part {
			n++
		}
	}
	x := newInteractions(h.Users, h.Items, n, h.Value != nil, h.Time != nil)
	n = 0
	for u := range h.Users {
		for at := h.Ptr[u]; at < h.Ptr[u+1]; at++ {
			if h.part[at] == part {
				x.copyFrom(n, &h.Interactions, at)
				n++
			}
		}
		x.Ptr[u+1] = n
	}
	return &x
}

// copyFrom takes over interaction at of another matrix as interaction to.
func (x *Interactions) copyFrom(to int, from *Interactions, at int) {
	x.Item[to] = from.Item[at]
	if from.Value != nil {
		x.Value[to] = from.Value[at]
	}
	if from.Time != nil {
		x.Time[to] = from.Time[at]
	}
}

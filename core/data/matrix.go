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
	order, ties := slices.Clone(kept), newTieOrder(r, seed)
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(toUser[r.user[a]], toUser[r.user[b]]); c != 0 {
			return c
		}
		return r.compareTime(a, b, ties)
	})
	h := &history{Interactions: newInteractions(users.Len(), items.Len(), len(order), r.value != nil, r.time != nil)}
	for _, i := range order {
		h.part = append(h.part, r.part[i])
		h.Item = append(h.Item, toItem[r.item[i]])
		h.Ptr[toUser[r.user[i]]+1]++
		if r.value != nil {
			h.Value = append(h.Value, r.value[i])
		}
		if r.time != nil {
			h.Time = append(h.Time, r.time[i])
		}
	}
	for u := range h.Users {
		h.Ptr[u+1] += h.Ptr[u]
	}
	return h
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

func newInteractions(users, items, capacity int, values, times bool) Interactions {
	x := Interactions{Users: users, Items: items, Ptr: make([]int, users+1), Item: make([]int32, 0, capacity)}
	if values {
		x.Value = make([]float32, 0, capacity)
	}
	if times {
		x.Time = make([]int64, 0, capacity)
	}
	return x
}

// carve copies the interactions of one part, in the order of the history.
func (h *history) carve(part partLabel) *Interactions {
	x := newInteractions(h.Users, h.Items, 0, h.Value != nil, h.Time != nil)
	for u := range h.Users {
		for at := h.Ptr[u]; at < h.Ptr[u+1]; at++ {
			if h.part[at] == part {
				x.appendFrom(&h.Interactions, at)
			}
		}
		x.Ptr[u+1] = len(x.Item)
	}
	return &x
}

func (x *Interactions) appendFrom(from *Interactions, at int) {
	x.Item = append(x.Item, from.Item[at])
	if from.Value != nil {
		x.Value = append(x.Value, from.Value[at])
	}
	if from.Time != nil {
		x.Time = append(x.Time, from.Time[at])
	}
}

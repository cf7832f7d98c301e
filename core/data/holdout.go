package data

import (
	"cmp"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// inFoldIn is the label of the interactions that are the history of a user who is
// held out whole; no row of a dataset carries it.
const inFoldIn = inTest + 1

// What is drawn, so that draws under one seed do not follow from each other.
const (
	drawUsers = iota + 1
	drawItems
	drawSample
)

// holdOutUsers holds out users whole and returns how many of them have nothing to find.
func (h *history) holdOutUsers(s SplitSpec, users *Vocabulary) (short int) {
	order := h.usersToHoldOut(s, users)
	test, validation := countShare(s.Test, len(order)), countShare(s.Validation, len(order))
	for i, u := range order {
		switch {
		case i < test:
			short += h.holdOut(u, inTest, s, users)
		case i < test+validation:
			short += h.holdOut(u, inValidation, s, users)
		default:
			fill(h.part[h.Ptr[u]:h.Ptr[u+1]], inTrain)
		}
	}
	return short
}

// usersToHoldOut lists all users, those first who are held out first.
func (h *history) usersToHoldOut(s SplitSpec, users *Vocabulary) []int {
	keys := make([]int64, h.Users)
	for u := range keys {
		lo, hi := h.Ptr[u], h.Ptr[u+1]
		switch {
		case s.Method == MethodSessions:
			keys[u] = -h.Time[hi-1]
		case s.By == ByAge:
			keys[u] = -h.Time[lo]
		case s.By == ByCount:
			keys[u] = int64(hi - lo)
		}
	}
	return drawn(keys, users, s.Seed, drawUsers)
}

// holdOut divides the interactions of user u into the history and those to be found;
// it returns 1 for a user who has nothing to find.
func (h *history) holdOut(u int, part partLabel, s SplitSpec, users *Vocabulary) int {
	order, known := positions(h.Ptr[u], h.Ptr[u+1]), 0
	switch n := len(order); s.Method {
	case MethodStrong:
		order = h.userOrder(u, s, users)
		known = max(1, min(n-1, int(s.FoldIn*float64(n))))
	case MethodSessions:
		known = max(1, n-1)
	default:
		known = min(s.FoldInFirst, n-1)
	}
	for i, at := range order {
		h.part[at] = part
		if i < known {
			h.part[at] = inFoldIn
		}
	}
	if known == len(order) {
		return 1
	}
	return 0
}

// holdOutItems makes every interaction with some items one to be found.
func (h *history) holdOutItems(s SplitSpec, items *Vocabulary) {
	order := drawn(h.itemKeys(s), items, s.Seed, drawItems)
	test, validation := countShare(s.Test, len(order)), countShare(s.Validation, len(order))
	parts := make([]partLabel, len(order))
	fill(parts, inTrain)
	for i, item := range order[:min(len(order), test+validation)] {
		parts[item] = inValidation
		if i < test {
			parts[item] = inTest
		}
	}
	for at, item := range h.Item {
		h.part[at] = parts[item]
	}
}

// itemKeys are what items are held out by, the smallest first.
func (h *history) itemKeys(s SplitSpec) []int64 {
	keys := make([]int64, h.Items)
	switch s.By {
	case ByAge:
		first := make([]int64, h.Items)
		for item := range first {
			first[item] = math.MaxInt64
		}
		for at, item := range h.Item {
			first[item] = min(first[item], h.Time[at])
		}
		for item, t := range first {
			keys[item] = -t
		}
	case ByCount:
		for _, item := range h.Item {
			keys[item]++
		}
	}
	return keys
}

// drawn lists the numbers of keys by rising key, and those of the same key in an order
// that depends on the seed, on what is drawn and on their ids alone: what else is in
// the data does not change which of two comes first.
func drawn(keys []int64, ids *Vocabulary, seed, what uint64) []int {
	hashed := make([]uint64, len(keys))
	for i := range hashed {
		hashed[i] = contract.MixSeed(seed, what, hashOf(ids.ID(int32(i))))
	}
	order := positions(0, len(keys))
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(hashed[a], hashed[b]), cmp.Compare(a, b))
	})
	return order
}

package data

import "math/rand/v2"

// folds makes fold s.Fold of s.Folds the test part, and takes validation from the rest;
// it returns the number of users who are too small for that.
func (h *history) folds(s SplitSpec, users *Vocabulary) (short int) {
	if s.By == ByAll {
		var order []int
		for u := range h.Users {
			order = append(order, h.byItem(u)...)
		}
		shuffle(order, rand.NewPCG(s.Seed, 0))
		h.deal(order, s, 0)
		return 0
	}
	for u := range h.Users {
		// Small histories do not begin with the same fold, which would have them all.
		first := int(hashOf(users.ID(int32(u))) % uint64(s.Folds))
		short += h.deal(h.userOrder(u, s, users), s, first)
	}
	return short
}

// deal gives the interactions of an order to the folds in turn, beginning with fold
// first (from 0); it returns 1 where nothing is tested, or nothing is left to train on.
func (h *history) deal(order []int, s SplitSpec, first int) (short int) {
	var rest []int
	for i, at := range order {
		h.part[at] = inTest
		if (first+i)%s.Folds != s.Fold-1 {
			rest = append(rest, at)
		}
	}
	h.assign(rest, 0, max(0, min(countShare(s.Validation, len(rest)), len(rest)-1)))
	if len(rest) == 0 || len(rest) == len(order) {
		return 1
	}
	return 0
}

package data

import (
	"cmp"
	"slices"

	"cllm4rec/core/contract"
)

// inFoldIn is the label of the interactions that are the history of a user who is
// held out whole; no row of a dataset carries it.
const inFoldIn = inTest + 1

// drawUsers tells the hash that draws users from those that draw anything else under
// the same seed.
const drawUsers = 1

// strongGeneralisation holds out users whole and returns how many of them have
// nothing to find.
func (h *history) strongGeneralisation(s SplitSpec, users *Vocabulary) (short int) {
	order := drawnUsers(s.Seed, users)
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

// holdOut divides the interactions of user u into the history and those to be found;
// it returns 1 for a user who has nothing to find.
func (h *history) holdOut(u int, part partLabel, s SplitSpec, users *Vocabulary) int {
	order := h.userOrder(u, s, users)
	known := max(1, min(len(order)-1, int(s.FoldIn*float64(len(order)))))
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

// drawnUsers lists all users in an order that depends on the seed and on their ids
// alone: who else is in the data does not change which of two comes first.
func drawnUsers(seed uint64, users *Vocabulary) []int {
	keys := make([]uint64, users.Len())
	for u := range keys {
		keys[u] = contract.MixSeed(seed, drawUsers, hashOf(users.ID(int32(u))))
	}
	order := positions(0, users.Len())
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(a, b)) })
	return order
}

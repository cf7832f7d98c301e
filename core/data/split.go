package data

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
)

// divide sets the part of every interaction and returns the number of users
// that were too small to give what the method asks of them.
func (h *history) divide(s SplitSpec, c cuts, users, items *Vocabulary) (short int, err error) {
	switch {
	case s.Method == MethodGiven:
		err = h.checkGiven()
	case s.Method == MethodLeaveOneOut:
		short = h.leaveOneOut()
	case s.Method == MethodTemporal, s.Method == MethodRolling:
		h.temporal(s, c)
	case s.HoldsOutUsers():
		short = h.holdOutUsers(s, users)
	case s.HoldsOutItems():
		h.holdOutItems(s, items)
	case s.Method == MethodKFold:
		short = h.folds(s, users)
	case s.By == ByAll:
		h.ratioByAll(s)
	default:
		short = h.ratioByUser(s, users)
	}
	if err != nil {
		return short, err
	}
	return short, h.checkParts(s)
}

func describe(s SplitSpec) string {
	switch {
	case s.Order != "":
		return fmt.Sprintf("method %s with order %s", s.Method, s.Order)
	case s.By != "":
		return fmt.Sprintf("method %s by %s", s.Method, s.By)
	}
	return "method " + s.Method
}

// checkParts refuses a split that leaves training, test or a wanted validation
// part empty.
func (h *history) checkParts(s SplitSpec) error {
	wanted := []partLabel{inTrain, inTest}
	if s.Method != MethodGiven && s.HasValidation() {
		wanted = append(wanted, inValidation)
	}
	for _, part := range wanted {
		if !slices.Contains(h.part, part) {
			return contract.Errorf(contract.ErrInvalid, "split: %s leaves the %s part empty (%d interactions of %d users)",
				describe(s), partNames[part], h.Len(), h.Users)
		}
	}
	return nil
}

func (h *history) checkGiven() error {
	if slices.Contains(h.part, inAll) {
		return contract.Errorf(contract.ErrInvalid, "split: method given needs interactions that carry their part, and some carry none")
	}
	return nil
}

func (h *history) leaveOneOut() (short int) {
	for u := range h.Users {
		parts := h.part[h.Ptr[u]:h.Ptr[u+1]]
		fill(parts, inTrain)
		n := len(parts)
		if n < 3 {
			short++
			continue
		}
		parts[n-1], parts[n-2] = inTest, inValidation
	}
	return short
}

// ratioByAll shuffles all interactions from an order that depends on nothing
// but the ids.
func (h *history) ratioByAll(s SplitSpec) {
	order := make([]int, 0, h.Len())
	for u := range h.Users {
		order = append(order, h.byItem(u)...)
	}
	shuffle(order, rand.NewPCG(s.Seed, 0))
	test, validation := countShare(s.Test, len(order)), countShare(s.Validation, len(order))
	h.assign(order, test, validation)
}

func (h *history) ratioByUser(s SplitSpec, users *Vocabulary) (short int) {
	for u := range h.Users {
		n := h.Ptr[u+1] - h.Ptr[u]
		test, validation := countShare(s.Test, n), countShare(s.Validation, n)
		fitTest := min(test, n-1)
		fitValidation := min(validation, n-1-fitTest)
		if fitTest < test || fitValidation < validation {
			short++
		}
		h.assign(h.userOrder(u, s, users), fitTest, fitValidation)
	}
	return short
}

// userOrder lists a user's positions so that the last ones are held out.
func (h *history) userOrder(u int, s SplitSpec, users *Vocabulary) []int {
	if s.Order == OrderTime {
		return positions(h.Ptr[u], h.Ptr[u+1])
	}
	order := h.byItem(u)
	shuffle(order, rand.NewPCG(s.Seed, hashOf(users.ID(int32(u)))))
	return order
}

// assign gives the last test positions to test, the validation positions before
// them to validation and the rest to training.
func (h *history) assign(order []int, test, validation int) {
	n := len(order)
	for i, at := range order {
		switch {
		case i >= n-test:
			h.part[at] = inTest
		case i >= n-test-validation:
			h.part[at] = inValidation
		default:
			h.part[at] = inTrain
		}
	}
}

// byItem lists the positions of user u by ascending item.
func (h *history) byItem(u int) []int {
	order := positions(h.Ptr[u], h.Ptr[u+1])
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(h.Item[a], h.Item[b]) })
	return order
}

// countShare is the paper's rule max(1, int(share*n)), and 0 for a share of 0.
func countShare(share float64, n int) int {
	if share == 0 || n == 0 {
		return 0
	}
	return max(1, int(share*float64(n)))
}

func positions(from, to int) []int {
	p := make([]int, 0, to-from)
	for at := from; at < to; at++ {
		p = append(p, at)
	}
	return p
}

func shuffle(order []int, source rand.Source) {
	rand.New(source).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
}

func fill(parts []partLabel, p partLabel) {
	for i := range parts {
		parts[i] = p
	}
}

// Package order puts histories into the order in which a sequential model reads them.
package order

import (
	"cmp"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Order says in which order a history is read.
type Order string

// The orders.
const (
	Time     Order = "time"     // of the interactions' times, which the data must have
	History  Order = "history"  // as the data give it, without times
	Index    Order = "index"    // of the items' numbers: leaks where items were numbered user by user
	Shuffled Order = "shuffled" // none: another one in every epoch
)

// Check refuses an order that the data do not have: ErrInvalid. times are those of the
// entries of x [users x items], in their order, or nil.
func (o Order) Check(x *linalg.CSR, times []int64) error {
	if o != Time {
		return nil
	}
	if times == nil {
		return contract.Errorf(contract.ErrInvalid, "order: time needs times, which the data do not have; choose order: history (the order in which the data "+
			"list a user's items), shuffled (none) or index (ascending numbers of items, which leak where items were numbered user by user)")
	}
	for u := range x.Rows {
		if !slices.IsSorted(times[x.Ptr[u]:x.Ptr[u+1]]) {
			return contract.Errorf(contract.ErrBadData, "the training items of user %d are not in the order of their times", u)
		}
	}
	return nil
}

// Arrange puts a history into the order. Shuffled goes by a hash of seed, epoch, the
// set of the history's items and the item: it does not depend on other users, nor on
// who the user is. Epoch 0 is for ranking.
func (o Order) Arrange(history []int32, seed uint64, epoch int) []int32 {
	switch o {
	case Index:
		return slices.Sorted(slices.Values(history))
	case Shuffled:
		set := uint64(0)
		for _, item := range history {
			set += contract.MixSeed(seed, uint64(item))
		}
		key := func(item int32) uint64 { return contract.MixSeed(seed, uint64(epoch), set, uint64(item)) }
		out := slices.Clone(history)
		slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(key(a), key(b)) })
		return out
	}
	return history
}

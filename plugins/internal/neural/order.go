package neural

import (
	"cmp"
	"slices"

	"cllm4rec/core/contract"
)

// Order says in which order a sequential model reads a history.
type Order string

// The orders.
const (
	OrderTime     Order = "time"     // of the interactions' times, which the data must have
	OrderHistory  Order = "history"  // as the data give it, without times
	OrderIndex    Order = "index"    // of the items' numbers: leaks where items were numbered user by user
	OrderShuffled Order = "shuffled" // none: another one in every epoch
)

// Check refuses an order that the data do not have: ErrInvalid.
func (o Order) Check(d *Data) error {
	if o != OrderTime {
		return nil
	}
	if d.Times == nil {
		return contract.Errorf(contract.ErrInvalid, "order: time needs times, which the data do not have; choose order: history (the order in which the data "+
			"list a user's items), shuffled (none) or index (ascending numbers of items, which leak where items were numbered user by user)")
	}
	for u := range d.Users {
		times := d.Times[d.X.Ptr[u]:d.X.Ptr[u+1]]
		if !slices.IsSorted(times) {
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
	case OrderIndex:
		return slices.Sorted(slices.Values(history))
	case OrderShuffled:
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

// Last are the last n items.
func Last(history []int32, n int) []int32 { return history[max(0, len(history)-n):] }

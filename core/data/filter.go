package data

import (
	"fmt"

	"cllm4rec/core/contract"
)

// Dropped counts the interactions that each filter took away.
type Dropped struct {
	Read       int `json:"read"`       // rows in the dataset's stream
	Duplicates int `json:"duplicates"` // repetitions of a (user, item) pair
	MinValue   int `json:"min_value"`
	MaxValue   int `json:"max_value"`
	KCore      int `json:"k_core"`
}

// filter applies a Filter and returns the rows that stay, user by user.
func (r *rows) filter(f Filter, given bool) ([]int32, Dropped, error) {
	if (f.MinValue != nil || f.MaxValue != nil) && r.value == nil && r.len() > 0 {
		return nil, Dropped{}, contract.Errorf(contract.ErrInvalid, "filter.min_value and filter.max_value need values, and these interactions have none")
	}
	d := Dropped{Read: r.len()}
	kept, err := r.unique(given)
	if err != nil {
		return nil, d, err
	}
	d.Duplicates = d.Read - len(kept)
	kept, d.MinValue = drop(kept, func(i int32) bool { return f.MinValue != nil && r.value[i] < float32(*f.MinValue) })
	kept, d.MaxValue = drop(kept, func(i int32) bool { return f.MaxValue != nil && r.value[i] > float32(*f.MaxValue) })
	kept, d.KCore = r.kCore(kept, f.KCore)
	if len(kept) == 0 {
		return nil, d, contract.Errorf(contract.ErrInvalid, "no interaction is left: %s", d.text(f))
	}
	return kept, d, nil
}

// text tells what each filter dropped.
func (d Dropped) text(f Filter) string {
	s := fmt.Sprintf("%d rows read, %d repeated pairs dropped", d.Read, d.Duplicates)
	if f.MinValue != nil {
		s += fmt.Sprintf(", min_value %v dropped %d", *f.MinValue, d.MinValue)
	}
	if f.MaxValue != nil {
		s += fmt.Sprintf(", max_value %v dropped %d", *f.MaxValue, d.MaxValue)
	}
	if f.KCore > 1 {
		s += fmt.Sprintf(", k_core %d dropped %d", f.KCore, d.KCore)
	}
	return s
}

// drop removes the rows that gone picks, in place, and counts them.
func drop(kept []int32, gone func(int32) bool) ([]int32, int) {
	out := kept[:0]
	for _, i := range kept {
		if !gone(i) {
			out = append(out, i)
		}
	}
	return out, len(kept) - len(out)
}

// unique keeps one row per (user, item) pair: the latest where there are times
// (of several at that time the one of the largest value), else the first. With a
// given split a pair in two parts is an error, since it would be trained on and
// tested. The rows stand user by user.
func (r *rows) unique(given bool) ([]int32, error) {
	order, ptr := grouped(numbers(r.len()), len(r.users.ids), func(i int32) int32 { return r.user[i] })
	kept := make([]int32, 0, r.len())
	place := make([]int32, len(r.items.ids)) // of each item, 1 + where a row of it was kept last
	r.repeats = map[uint64]*repeats{}
	for u := range len(r.users.ids) {
		mine, from, again := order[ptr[u]:ptr[u+1]], int32(len(kept)), false
		for _, i := range mine {
			at := place[r.item[i]] - 1
			if at < from { // of another user
				kept = append(kept, i)
				place[r.item[i]] = int32(len(kept))
				continue
			}
			again = true
			if err := r.repeat(given, kept, at, i); err != nil {
				return nil, err
			}
		}
		if again {
			r.describeRepeats(mine, func(item int32) int32 { return kept[place[item]-1] })
		}
	}
	return kept, nil
}

// repeat takes a further row of the pair of kept[at].
func (r *rows) repeat(given bool, kept []int32, at, i int32) error {
	first := kept[at]
	if given && r.part[first] != r.part[i] {
		return contract.Errorf(contract.ErrBadData, "%s is in both the %s part and the %s part",
			r.pair(int(i)), partNames[r.part[first]], partNames[r.part[i]])
	}
	r.repeats[pairKey(r.user[i], r.item[i])] = &repeats{}
	if r.later(i, first) {
		kept[at] = i
	}
	return nil
}

// later reports whether row i takes the place of another of its pair.
func (r *rows) later(i, other int32) bool {
	switch {
	case r.time == nil:
		return false
	case r.time[i] != r.time[other]:
		return r.time[i] > r.time[other]
	default:
		return r.value != nil && r.value[i] > r.value[other]
	}
}

// kCore repeats dropping users and items with fewer than k rows until none is
// left to drop. The result is unique: the largest such set.
func (r *rows) kCore(kept []int32, k int) ([]int32, int) {
	before := len(kept)
	if k < 2 {
		return kept, 0
	}
	users, items := make([]int, len(r.users.ids)), make([]int, len(r.items.ids))
	for _, i := range kept {
		users[r.user[i]]++
		items[r.item[i]]++
	}
	for n := 1; n > 0; {
		kept, n = drop(kept, func(i int32) bool {
			gone := users[r.user[i]] < k || items[r.item[i]] < k
			if gone {
				users[r.user[i]]--
				items[r.item[i]]--
			}
			return gone
		})
	}
	return kept, before - len(kept)
}

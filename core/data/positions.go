package data

import "cllm4rec/core/contract"

// positions reports whether the times are no times but places: each user's go from 0 or
// 1 up without a gap, as files of whole histories give them.
func (r *rows) positions() bool {
	if r.time == nil || r.len() == 0 {
		return false
	}
	counts, largest := make([]int64, len(r.users.ids)), make([]int64, len(r.users.ids))
	least := int64(1)
	for i, user := range r.user {
		t := r.time[i]
		if t < 0 || t > int64(r.len()) {
			return false
		}
		counts[user]++
		largest[user], least = max(largest[user], t), min(least, t)
	}
	several := false
	for user, n := range counts {
		if n > 0 && largest[user] != n-1+least {
			return false
		}
		several = several || n > 1
	}
	return several
}

// checkClock refuses positions in the place of times that need a clock.
func (o Options) checkClock() error {
	if o.Filter.From == "" && o.Filter.Until == "" && !o.Split.needsClock() {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "the times are positions in each user's history (0, 1, 2 and so on), which say nothing between users: split %s and filter from, until need times of a clock", describe(o.Split))
}

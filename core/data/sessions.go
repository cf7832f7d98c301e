package data

import (
	"cmp"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
)

// sessions are the rows that were kept so far with sessions in the place of users: a
// user's rows more than gap seconds after the row before begin another one.
func (r *rows) sessions(kept []int32, s SplitSpec) (*rows, error) {
	if r.time == nil && len(kept) > 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "split: %s needs times, and these interactions have none", describe(s))
	}
	out, session, order := r.only(kept), make([]int32, len(kept)), numbers(len(kept))
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(out.user[a], out.user[b]), cmp.Compare(out.time[a], out.time[b]))
	})
	number, users := 0, newInterner()
	for i, at := range order {
		switch {
		case i == 0 || out.user[at] != out.user[order[i-1]]:
			number = 1
		case out.time[at]-out.time[order[i-1]] > s.gap():
			number++
		}
		session[at] = users.add(fmt.Sprintf("%s#%d", out.users.ids[out.user[at]], number))
	}
	out.users, out.user = users, session
	return out, nil
}

// only copies some rows.
func (r *rows) only(kept []int32) *rows {
	return &rows{
		users: r.users, items: r.items, user: pick(r.user, kept), item: pick(r.item, kept),
		part: pick(r.part, kept), value: pick(r.value, kept), time: pick(r.time, kept),
	}
}

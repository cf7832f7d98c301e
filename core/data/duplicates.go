package data

import "cllm4rec/core/contract"

// unique keeps one row per (user, item) pair. With a given split a pair in two parts
// is an error, since it would be trained on and tested. The rows then stand user by user.
func (f *filtering) unique(o Options) error {
	r, before := f.rows, len(f.kept)
	u := uniting{
		rows: r, given: o.Split.Method == MethodGiven, rule: o.Filter.Duplicates,
		kept: make([]int32, 0, before), place: make([]int32, len(r.items.ids)),
	}
	if before < r.len() {
		u.in = make([]bool, r.len())
		for _, i := range f.kept {
			u.in[i] = true
		}
	}
	if u.rule == DuplicatesCount {
		u.count = make([]float32, r.len())
	}
	r.repeats = map[uint64]*repeats{}
	order, ptr := grouped(numbers(r.len()), len(r.users.ids), func(i int32) int32 { return r.user[i] })
	for user := range len(r.users.ids) {
		if err := u.user(order[ptr[user]:ptr[user+1]]); err != nil {
			return err
		}
	}
	if u.rule == DuplicatesCount {
		r.value = u.count
	}
	f.kept, f.dropped.Duplicates = u.kept, before-len(u.kept)
	return nil
}

// uniting is unique under way.
type uniting struct {
	rows  *rows
	given bool
	rule  string // Filter.Duplicates
	in    []bool // rows that earlier filters kept; nil: all
	kept  []int32
	place []int32   // of each item, 1 + where a row of it was kept last
	count []float32 // of a kept row, how often its pair occurs; nil unless that is asked for
}

// user takes the rows of a user, in stream order.
func (u *uniting) user(mine []int32) error {
	r, from, several := u.rows, int32(len(u.kept)), false
	for _, i := range mine {
		if u.in != nil && !u.in[i] {
			several = true // its text is one of several of the pair perhaps
			continue
		}
		at := u.place[r.item[i]] - 1
		if at < from { // of another user
			u.kept = append(u.kept, i)
			u.place[r.item[i]] = int32(len(u.kept))
			if u.count != nil {
				u.count[i] = 1
			}
			continue
		}
		several = true
		if err := u.repeat(at, i); err != nil {
			return err
		}
	}
	if !several {
		return nil
	}
	for _, i := range mine {
		if u.in != nil && !u.in[i] && u.place[r.item[i]]-1 >= from {
			r.repeats[pairKey(r.user[i], r.item[i])] = &repeats{}
		}
	}
	r.describeRepeats(mine, func(item int32) int32 { return u.kept[u.place[item]-1] })
	return nil
}

// repeat takes a further row of the pair of kept[at].
func (u *uniting) repeat(at, i int32) error {
	r, first := u.rows, u.kept[at]
	if u.given && r.part[first] != r.part[i] {
		return contract.Errorf(contract.ErrBadData, "%s is in both the %s part and the %s part",
			r.pair(int(i)), partNames[r.part[first]], partNames[r.part[i]])
	}
	r.repeats[pairKey(r.user[i], r.item[i])] = &repeats{}
	if r.takesPlace(i, first, u.rule) {
		u.kept[at] = i
	}
	if u.count != nil {
		u.count[u.kept[at]] = u.count[first] + 1
	}
	return nil
}

// takesPlace reports whether row i, which comes behind another of its pair in the
// stream, takes its place.
func (r *rows) takesPlace(i, other int32, rule string) bool {
	switch {
	case r.time == nil:
		return rule == DuplicatesLast || rule == DuplicatesCount
	case r.time[i] != r.time[other]:
		return (r.time[i] > r.time[other]) != (rule == DuplicatesFirst)
	default:
		return r.value != nil && r.value[i] > r.value[other]
	}
}

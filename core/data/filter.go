package data

import (
	"fmt"

	"cllm4rec/core/contract"
)

// Dropped counts the interactions that each filter took away, in the order in which
// the filters work.
type Dropped struct {
	Read       int `json:"read"`                 // rows in the dataset's stream
	UsersFile  int `json:"users_file,omitempty"` // of users who are not listed
	ItemsFile  int `json:"items_file,omitempty"` // with items that are not listed
	From       int `json:"from,omitempty"`
	Until      int `json:"until,omitempty"`
	Sample     int `json:"sample_users,omitempty"`
	Duplicates int `json:"duplicates"` // repetitions of a (user, item) pair
	MinValue   int `json:"min_value"`
	MaxValue   int `json:"max_value"`
	KCore      int `json:"k_core"` // of either kind
	// Later interactions come after what the split tests.
	Later int `json:"later,omitempty"`
}

// filtering is the work of the filters under way.
type filtering struct {
	rows    *rows
	kept    []int32 // rows that stay: in stream order, and behind unique user by user
	dropped Dropped
	lists   []ListCount
}

// filter applies the filters in their order.
func (r *rows) filter(o Options) (*filtering, error) {
	f := &filtering{rows: r, kept: numbers(r.len()), dropped: Dropped{Read: r.len()}}
	for _, step := range []func(Options) error{f.listed, f.window, f.sample, f.sessions, f.unique, f.values, f.cores} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	if len(f.kept) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "no interaction is left: %s", f.dropped.text(o.Filter))
	}
	return f, nil
}

// text tells what each filter dropped.
func (d Dropped) text(f Filter) string {
	s := fmt.Sprintf("%d rows read", d.Read)
	users, items := f.cores()
	for _, l := range []struct {
		given bool
		what  string
		n     int
	}{
		{f.UsersFile != "", "users_file", d.UsersFile}, {f.ItemsFile != "", "items_file", d.ItemsFile},
		{f.From != "", "from", d.From}, {f.Until != "", "until", d.Until}, {f.SampleUsers > 0, "sample_users", d.Sample},
	} {
		if l.given {
			s += fmt.Sprintf(", %s dropped %d", l.what, l.n)
		}
	}
	s += fmt.Sprintf(", %d repeated pairs dropped", d.Duplicates)
	if f.MinValue != nil {
		s += fmt.Sprintf(", min_value %v dropped %d", *f.MinValue, d.MinValue)
	}
	if f.MaxValue != nil {
		s += fmt.Sprintf(", max_value %v dropped %d", *f.MaxValue, d.MaxValue)
	}
	switch {
	case f.KCore > 1:
		s += fmt.Sprintf(", k_core %d dropped %d", f.KCore, d.KCore)
	case users > 1 || items > 1:
		s += fmt.Sprintf(", k_core_users %d and k_core_items %d dropped %d", users, items, d.KCore)
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

// keep leaves the rows out that gone picks, and counts them.
func (f *filtering) keep(count *int, gone func(int32) bool) {
	var n int
	f.kept, n = drop(f.kept, gone)
	*count += n
}

// window keeps the rows of a time.
func (f *filtering) window(o Options) error {
	from, hasFrom := o.Filter.From.seconds()
	until, hasUntil := o.Filter.Until.seconds()
	if !hasFrom && !hasUntil {
		return nil
	}
	if f.rows.time == nil && f.rows.len() > 0 {
		return contract.Errorf(contract.ErrInvalid, "filter.from and filter.until need times, and these interactions have none")
	}
	f.keep(&f.dropped.From, func(i int32) bool { return hasFrom && f.rows.time[i] < from })
	f.keep(&f.dropped.Until, func(i int32) bool { return hasUntil && f.rows.time[i] >= until })
	return nil
}

// sample keeps the rows of some users, of those who have one.
func (f *filtering) sample(o Options) error {
	n := o.Filter.SampleUsers
	if n == 0 || len(f.kept) == 0 {
		return nil
	}
	users := vocabularyOf(f.rows.users.ids, f.rows.user, f.kept)
	size := int(n)
	if n < 1 {
		size = countShare(n, users.Len())
	}
	if size > users.Len() {
		return contract.Errorf(contract.ErrInvalid, "filter.sample_users: %d users are asked for, and there are %d", size, users.Len())
	}
	in := make([]bool, users.Len())
	for _, u := range drawn(make([]int64, users.Len()), users, o.Filter.SampleSeed, drawSample)[:size] {
		in[u] = true
	}
	to := remap(f.rows.users.ids, users)
	f.keep(&f.dropped.Sample, func(i int32) bool { return !in[to[f.rows.user[i]]] })
	return nil
}

// sessions puts sessions in the place of users, where the split makes them.
func (f *filtering) sessions(o Options) (err error) {
	if o.Split.Method != MethodSessions {
		return nil
	}
	f.rows, err = f.rows.sessions(f.kept, o.Split)
	f.kept = numbers(len(f.kept))
	return err
}

// values keeps the rows whose value lies in a range.
func (f *filtering) values(o Options) error {
	low, high := o.Filter.MinValue, o.Filter.MaxValue
	if low == nil && high == nil {
		return nil
	}
	value := f.rows.value
	if value == nil && f.rows.len() > 0 {
		return contract.Errorf(contract.ErrInvalid, "filter.min_value and filter.max_value need values, and these interactions have none")
	}
	f.keep(&f.dropped.MinValue, func(i int32) bool { return low != nil && value[i] < float32(*low) })
	f.keep(&f.dropped.MaxValue, func(i int32) bool { return high != nil && value[i] > float32(*high) })
	return nil
}

// cores keeps the k-core.
func (f *filtering) cores(o Options) error {
	users, items := o.Filter.cores()
	f.kept, f.dropped.KCore = f.rows.kCore(f.kept, users, items)
	return nil
}

// kCore repeats dropping users and items with fewer rows than theirs until none is
// left to drop. The result is unique: the largest such set.
func (r *rows) kCore(kept []int32, leastOfUser, leastOfItem int) ([]int32, int) {
	before := len(kept)
	if max(leastOfUser, leastOfItem) < 2 {
		return kept, 0
	}
	users, items := make([]int, len(r.users.ids)), make([]int, len(r.items.ids))
	for _, i := range kept {
		users[r.user[i]]++
		items[r.item[i]]++
	}
	for n := 1; n > 0; {
		kept, n = drop(kept, func(i int32) bool {
			gone := users[r.user[i]] < leastOfUser || items[r.item[i]] < leastOfItem
			if gone {
				users[r.user[i]]--
				items[r.item[i]]--
			}
			return gone
		})
	}
	return kept, before - len(kept)
}

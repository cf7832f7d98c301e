package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// days are rows whose times are whole days, as Amazon's are: most of a user's
// rows share their time with others.
func days(seed uint64) []row {
	rows := random(seed, 20, 30, 260)
	for i := range rows {
		rows[i].time = 86400 * (rows[i].time / 25)
	}
	return rows
}

func TestEqualTimesAreOrderedWhateverTheOrderOfTheRows(t *testing.T) {
	for seed := range uint64(4) {
		rows := days(seed)
		reversed, shuffled := slices.Clone(rows), slices.Clone(rows)
		slices.Reverse(reversed)
		rand.New(rand.NewPCG(seed, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, spec := range methods {
			want := mustLoad(t, dataset(rows, true), Options{Split: spec}).Fingerprint
			for what, other := range map[string][]row{"reversed": reversed, "shuffled": shuffled} {
				if got := mustLoad(t, dataset(other, true), Options{Split: spec}).Fingerprint; got != want {
					t.Errorf("seed %d, %+v: rows %s give another split or history", seed, spec, what)
				}
			}
		}
	}
}

func TestSeedOfTheSplitDecidesTies(t *testing.T) {
	test := func(seed uint64) []string {
		s := mustLoad(t, dataset(days(1), true), Options{Split: SplitSpec{Method: MethodLeaveOneOut, Seed: seed}})
		return pairs(s, s.Test)
	}
	if slices.Equal(test(1), test(2)) {
		t.Error("seeds 1 and 2 hold the same interactions out")
	}
	if !slices.Equal(test(0), test(DefaultSplitSeed)) {
		t.Error("seed 0 is not the default")
	}
}

func TestTiesOfAUserDoNotDependOnOtherUsersOrItems(t *testing.T) {
	rows := days(3)
	fewer := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.user != "u3" })
	o := Options{Split: SplitSpec{Method: MethodLeaveOneOut}}
	all, one := mustLoad(t, dataset(rows, true), o), mustLoad(t, dataset(fewer, true), o)
	want := slices.DeleteFunc(pairs(all, all.Test), func(p string) bool { return !strings.HasPrefix(p, "u3 ") })
	if got := pairs(one, one.Test); !slices.Equal(got, want) {
		t.Errorf("test part of the user alone is %v, among others %v", got, want)
	}
}

// The last of ten items at one time must be any of them about equally often:
// neither the first nor the last by id.
func TestTheHashFavoursNoItem(t *testing.T) {
	const users, items = 2000, 10
	var rows []row
	for u := range users {
		for i := range items {
			rows = append(rows, row{fmt.Sprint("u", u), fmt.Sprint("i", i), 1, 7})
		}
	}
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodLeaveOneOut}})
	for item, n := range itemCounts(s.Test) {
		if n < 150 || n > 250 { // mean 200, standard deviation 13.4
			t.Errorf("item %d is the test item of %d users, expected about 200", item, n)
		}
	}
}

func TestAuditCountsUsersWhoseSplitWasDecidedByATie(t *testing.T) {
	rows := []row{
		{"a", "w", 1, 1}, {"a", "x", 1, 1}, {"a", "y", 1, 2}, {"a", "z", 1, 3}, // a tie inside training
		{"b", "w", 1, 1}, {"b", "x", 1, 2}, {"b", "y", 1, 3}, {"b", "z", 1, 3}, // validation or test
		{"c", "w", 1, 1}, {"c", "x", 1, 2}, {"c", "y", 1, 2}, {"c", "z", 1, 3}, // training or validation
		{"d", "w", 1, 5}, {"d", "x", 1, 5}, // too short to give anything
	}
	for _, c := range []struct {
		spec SplitSpec
		want int
	}{
		{SplitSpec{Method: MethodLeaveOneOut}, 2},                         // b and c
		{SplitSpec{Method: MethodRatio, Order: OrderTime, Test: 0.25}, 2}, // b, and d, who keeps one of two
		{SplitSpec{Method: MethodRatio, Test: 0.25, Validation: 0.25}, 0}, // the seed decides, not a tie
		{SplitSpec{Method: MethodTemporal, Test: 0.25}, 0},                // equal times stay together
	} {
		if got := mustLoad(t, dataset(rows, true), Options{Split: c.spec}).Audit.TiedUsers; got != c.want {
			t.Errorf("%+v: %d users, want %d", c.spec, got, c.want)
		}
	}
	if got := mustLoad(t, dataset(rows, false), Options{Split: SplitSpec{Method: MethodLeaveOneOut}}).Audit.TiedUsers; got != 0 {
		t.Errorf("%d tied users in data without times", got)
	}
}

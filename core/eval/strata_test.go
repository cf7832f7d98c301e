package eval

import (
	"errors"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

func TestBucketsAreNamedByTheirCounts(t *testing.T) {
	b := Buckets{4, 5, 40}
	for count, want := range map[int]string{0: "0-4", 4: "0-4", 5: "5", 6: "6-40", 40: "6-40", 41: "above 40"} {
		if got := b.Name(b.Of(count)); got != want {
			t.Errorf("%d is in bucket %q, want %q", count, got, want)
		}
	}
	for _, wrong := range []Buckets{nil, {-1}, {3, 3}, {4, 2}} {
		if err := wrong.Check(); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%v: error %v", wrong, err)
		}
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
}

func TestQuartilesHoldAboutAsMany(t *testing.T) {
	for _, c := range []struct {
		counts []int
		want   Buckets
	}{
		{[]int{8, 7, 6, 5, 4, 3, 2, 1}, Buckets{2, 4, 6}},
		{[]int{1, 1, 1, 1, 1, 1, 9, 10}, Buckets{1}},
		{[]int{1, 1, 1, 7}, Buckets{1}},
		{[]int{3, 3, 3}, nil},
		{nil, nil},
	} {
		if got := Quartiles(c.counts); !slices.Equal(got, c.want) {
			t.Errorf("%v: borders %v, want %v", c.counts, got, c.want)
		}
	}
}

// Three users over items 0..3, of which 0 and 1 are rare. Held out: user 0 has 0 and
// 2, user 1 has 3, user 2 has 1. Lists of two items.
func TestStrataWorkedByHand(t *testing.T) {
	relevant := &data.Interactions{Users: 3, Items: 4, Ptr: []int{0, 2, 3, 4}, Item: []int32{0, 2, 3, 1}}
	training := &data.Interactions{Users: 3, Items: 4, Ptr: []int{0, 0, 0, 0}}
	list := func(items ...int32) contract.Ranking {
		return contract.Ranking{Items: items, Scores: make([]float32, len(items))}
	}
	r := Rankings{Users: []int32{0, 1, 2}, Depth: 2, Lists: []contract.Ranking{list(1, 0), list(3, 0), list(0, 2)}}
	metrics, err := ParseMetrics([]string{"recall@2", "mrr@2"})
	if err != nil {
		t.Fatal(err)
	}
	rare, rest := r.OfItems(relevant, func(item int32) bool { return item < 2 })
	v, err := Measure(rare, rest, training, metrics, 2)
	if err != nil {
		t.Fatal(err)
	}
	// User 0 finds item 0, the one rare item of theirs, at place 2; user 2 misses item 1.
	if !slices.Equal(rare.Users, []int32{0, 2}) || !slices.Equal(v.PerUser["recall@2"], []float64{1, 0}) || !slices.Equal(v.PerUser["mrr@2"], []float64{0.5, 0}) {
		t.Errorf("rare items: users %v, %v", rare.Users, v.PerUser)
	}
	common, rest := r.OfItems(relevant, func(item int32) bool { return item >= 2 })
	if v, err = Measure(common, rest, training, metrics, 1); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(common.Users, []int32{0, 1}) || !slices.Equal(v.PerUser["recall@2"], []float64{0, 1}) {
		t.Errorf("common items: users %v, %v", common.Users, v.PerUser)
	}
	one := r.OfUsers(func(user int32) bool { return user == 1 })
	if v, err = Measure(one, relevant, training, metrics, 1); err != nil || !slices.Equal(v.PerUser["mrr@2"], []float64{1}) {
		t.Errorf("one user: %+v, error %v", v, err)
	}
}

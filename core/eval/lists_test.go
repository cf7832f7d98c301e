package eval

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// ranked makes rankings of the users 0, 1, ... by their items.
func ranked(depth int, lists ...[]int32) Rankings {
	r := Rankings{Depth: depth}
	for u, items := range lists {
		r.Users = append(r.Users, int32(u))
		r.Lists = append(r.Lists, contract.Ranking{Items: items, Scores: make([]float32, len(items))})
	}
	return r
}

// everyone has item 0 held out.
func everyone(users, items int) *data.Interactions {
	rows := make([][]int32, users)
	for u := range rows {
		rows[u] = []int32{0}
	}
	return matrix(items, rows...)
}

func measured(t *testing.T, r Rankings, training *data.Interactions, names ...string) *Values {
	t.Helper()
	metrics, err := ParseMetrics(names)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Measure(r, everyone(len(r.Users), training.Items), training, metrics, 2)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Four users train on five items: item 0 has users 0 1 2 3, item 1 has 0 1, item
// 2 has 2, item 3 has 1 2, item 4 nobody.
func TestWhatListsAreLikeEqualsValuesWorkedByHand(t *testing.T) {
	training := matrix(5, []int32{0, 1}, []int32{0, 1, 3}, []int32{0, 2, 3}, []int32{0})
	r := ranked(3, []int32{0, 1, 2}, []int32{1, 4, 0}, []int32{3, 1, 0}, []int32{2})
	v := measured(t, r, training, "popularity@2", "novelty@2", "diversity@2", "diversity@3", "coverage@1", "coverage@3", "gini@1", "gini@3")
	half := 1 / math.Sqrt2 // 2/sqrt(4*2)
	for name, want := range map[string][]float64{
		"popularity@2": {3, 1, 2, 1},
		"novelty@2":    {1 - (4.0/4+2.0/4)/2, 1 - (2.0/4+0)/2, 1 - 2.0/4, 1 - 1.0/4},
		// cosines: (0,1) half, (1,4) 0, (3,1) 1/2; one item has no pair.
		"diversity@2": {1 - half, 1, 1 - 0.5, 0},
		// (0,1) half, (0,2) 1/sqrt(4), (1,2) 0; (1,4) 0, (1,0) half, (4,0) 0; (3,1) 1/2, (3,0) and (1,0) half.
		"diversity@3": {1 - (half+0.5)/3, 1 - half/3, 1 - (0.5+2*half)/3, 0},
	} {
		for u := range want {
			equal(t, name, v.PerUser[name][u], want[u], 1e-15)
		}
	}
	// First items: 0, 1, 3, 2. First three: item 0 three times, 1 three times, 2 twice, 3 and 4 once.
	for name, want := range map[string]float64{
		"coverage@1": 4.0 / 5, "coverage@3": 1,
		"gini@1": 2*(2+3+4+5.0)/(5*4) - 6.0/5,
		"gini@3": 2*(1*1+2*1+3*2+4*3+5*3.0)/(5*10) - 6.0/5,
	} {
		equal(t, name, v.Overall[name], want, 1e-15)
	}
	if _, ok := v.PerUser["coverage@1"]; ok || len(v.Overall) != 4 {
		t.Errorf("one number for all users is given to each: %v", v)
	}
}

func TestWhatListsAreLikeEqualsNumPy(t *testing.T) {
	var f struct {
		Items, Depth int
		Train, Lists [][]int32
		Values       map[string][]float64
	}
	readFixture(t, "lists.json", &f)
	var names []string
	for name := range f.Values {
		names = append(names, name)
	}
	v := measured(t, ranked(f.Depth, f.Lists...), matrix(f.Items, f.Train...), names...)
	for name, want := range f.Values {
		got, perUser := v.PerUser[name]
		if !perUser {
			got = []float64{v.Overall[name]}
		}
		for i := range want {
			equal(t, name, got[i], want[i], 1e-12)
		}
	}
}

func TestMeasuringStoredRankingsEqualsMeasuringAtOnce(t *testing.T) {
	split, ranker := randomSplit(generator(4), 101, 50)
	o := Options{Metrics: []Metric{metric(t, "ndcg@10"), metric(t, "coverage@5"), metric(t, "diversity@7")}, Depth: 20, Ties: contract.Ties{Seed: 3}}
	r, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Depth != 20 || len(r.Lists) != len(r.Users) || len(r.Lists[0].Items) != 20 || len(r.Lists[0].Scores) != 20 {
		t.Fatalf("depth %d, %d lists of %d users, the first of %d items", r.Depth, len(r.Lists), len(r.Users), len(r.Lists[0].Items))
	}
	o.Metrics = append(o.Metrics, metric(t, "recall@20"), metric(t, "popularity@20"), metric(t, "gini@3"))
	again, err := Measure(r.Rankings, split.Test, split.Training.Interactions, o.Metrics, 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range o.Metrics {
		name := m.String()
		if !m.PerUser() {
			equal(t, name, again.Overall[name], whole.Overall[name], 0)
			continue
		}
		for i, v := range whole.PerUser[name] {
			equal(t, name, again.PerUser[name][i], v, 0)
		}
	}
}

func TestAMetricDeeperThanTheRankingsIsRefusedByItsDepth(t *testing.T) {
	training := matrix(9, []int32{1}, []int32{2})
	r := ranked(3, []int32{0, 1, 2}, []int32{1, 4, 0})
	_, err := Measure(r, everyone(2, 9), training, []Metric{metric(t, "ndcg@3"), metric(t, "gini@4")}, 1)
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "gini@4 looks at 4 items, and the rankings hold the first 3 of each user") {
		t.Errorf("error %v", err)
	}
	r.Depth = 9 // all items there are
	if _, err = Measure(r, everyone(2, 9), training, []Metric{metric(t, "gini@40")}, 1); err != nil {
		t.Errorf("all items are ranked: %v", err)
	}
}

func TestRankingsOfOtherDataAreRefused(t *testing.T) {
	training := matrix(3, []int32{1}, []int32{2})
	for says, r := range map[string]Rankings{
		"user 2, who has no held-out item": ranked(3, nil, nil, nil),
		"item 3, outside 0..2":             ranked(3, []int32{0, 3}),
	} {
		_, err := Measure(r, everyone(2, 3), training, []Metric{metric(t, "ndcg@3")}, 1)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
}

package main

import (
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
)

func trained(t *testing.T, items int, seed uint64) *Random {
	t.Helper()
	r := New()
	if _, err := r.Configure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	split := evaltest.SplitOf([][]int{{1, 0}, {0, 1}})
	if err := r.Fit(t.Context(), contract.FitSpec{Users: 2, Items: items, Seed: seed}, evaltest.Train(split.Training.Interactions, 9), nil); err != nil {
		t.Fatal(err)
	}
	return r
}

func ranking(t *testing.T, r *Random, q contract.Query) contract.Ranking {
	t.Helper()
	got, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{q})
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

// The mean of n uniform numbers lies within 5 standard deviations, 5/sqrt(12 n), of a half.
func TestScoresAreUniform(t *testing.T) {
	const items = 20000
	scores := ranking(t, trained(t, items, 7), contract.Query{User: 1, K: items}).Scores
	for _, half := range [][]float32{scores[:items/2], scores[items/2:]} {
		if half[0] >= 1 || half[len(half)-1] < 0 {
			t.Fatalf("scores from %v to %v", half[0], half[len(half)-1])
		}
	}
	mean := 0.0
	for _, s := range scores {
		mean += float64(s) / items
	}
	if math.Abs(mean-.5) > 5/math.Sqrt(12*items) || math.Abs(float64(scores[items/2])-.5) > .02 {
		t.Errorf("mean %v, median %v", mean, scores[items/2])
	}
}

func TestRankingsDependOnSeedAndUserAlone(t *testing.T) {
	const items = 50
	a := ranking(t, trained(t, items, 7), contract.Query{User: 1, K: items})
	if b := ranking(t, trained(t, items, 7), contract.Query{User: 1, K: items, History: []int32{4}}); !slices.Equal(a.Items, b.Items) {
		t.Error("a user's history changes the ranking")
	}
	for what, other := range map[string]contract.Ranking{
		"another seed": ranking(t, trained(t, items, 8), contract.Query{User: 1, K: items}),
		"another user": ranking(t, trained(t, items, 7), contract.Query{User: 0, K: items}),
		"no user":      ranking(t, trained(t, items, 7), contract.Query{User: contract.NoUser, K: items, History: []int32{4}}),
	} {
		if slices.Equal(a.Items, other.Items) {
			t.Errorf("%s has the same ranking", what)
		}
	}
}

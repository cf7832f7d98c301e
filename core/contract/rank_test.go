package contract

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopKEqualsSortingEverything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, rule := range []TieRule{TiesHashed, TiesIndex} {
		for n := range 40 {
			scores := make([]float64, n)
			for i := range scores {
				scores[i] = float64(rng.IntN(5))
			}
			ties := Ties{Rule: rule, Seed: 7}
			for k := 0; k <= n+1; k++ {
				got, err := TopK(scores, k, ties)
				if err != nil {
					t.Fatal(err)
				}
				if want := sorted(scores, ties)[:min(k, n)]; !slices.Equal(got.Items, want) {
					t.Fatalf("%s n=%d k=%d: got %v, want %v", rule, n, k, got.Items, want)
				}
			}
		}
	}
}

func sorted(scores []float64, ties Ties) []int32 {
	items := make([]int32, len(scores))
	for i := range items {
		items[i] = int32(i)
	}
	slices.SortFunc(items, func(a, b int32) int {
		switch {
		case scores[a] != scores[b] && scores[a] > scores[b]:
			return -1
		case scores[a] != scores[b]:
			return 1
		case ties.Key(a) < ties.Key(b):
			return -1
		default:
			return 1
		}
	})
	return items
}

func TestTopKRefusesScoresThatAreNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		if _, err := TopK([]float32{1, bad}, 1, Ties{}); !errors.Is(err, ErrNonFinite) {
			t.Errorf("score %v: error %v, want ErrNonFinite", bad, err)
		}
	}
}

func TestHashedTiesDependOnTheSeedAndNeverCollide(t *testing.T) {
	keys := map[uint64]bool{}
	for i := range int32(10000) {
		keys[Ties{Seed: 3}.Key(i)] = true
	}
	if len(keys) != 10000 {
		t.Errorf("10000 items share %d keys", len(keys))
	}
	if (Ties{Seed: 1}).Key(5) == (Ties{Seed: 2}).Key(5) {
		t.Error("the seed does not change the key")
	}
}

func TestRankingCheckNamesTheBrokenPromise(t *testing.T) {
	q := Query{User: 4, K: 2}
	good := Ranking{Items: []int32{1, 0}, Scores: []float32{2, 1}}
	if err := good.Check(q, 3); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]Ranking{
		"short":     {Items: []int32{1}, Scores: []float32{2}},
		"range":     {Items: []int32{1, 3}, Scores: []float32{2, 1}},
		"twice":     {Items: []int32{1, 1}, Scores: []float32{2, 1}},
		"rising":    {Items: []int32{1, 0}, Scores: []float32{1, 2}},
		"NaN score": {Items: []int32{1, 0}, Scores: []float32{2, float32(math.NaN())}},
	} {
		if bad.Check(q, 3) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

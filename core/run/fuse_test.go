package run

import (
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

// two lists of one user over six items: item 5 stands in neither.
func lists() []contract.Ranking {
	return []contract.Ranking{
		{Items: []int32{0, 1, 2}, Scores: []float32{9, 6, 3}},
		{Items: []int32{3, 1, 4}, Scores: []float32{0.3, 0.2, 0.1}},
	}
}

func TestFusionEqualsNumbersWorkedByHand(t *testing.T) {
	z := math.Sqrt(1.5) // of the ends of three equally spaced scores
	for _, c := range []struct {
		rule    string
		weights []float64
		items   []int32
		scores  []float64
	}{
		{experiment.FuseRRF, []float64{1, 1}, []int32{1, 0, 3, 2, 4}, []float64{2.0 / 62, 1.0 / 61, 1.0 / 61, 1.0 / 63, 1.0 / 63}},
		{experiment.FuseRRF, []float64{1, 3}, []int32{1, 3, 4, 0, 2}, []float64{4.0 / 62, 3.0 / 61, 3.0 / 63, 1.0 / 61, 1.0 / 63}},
		// An item that a list lacks has its lowest z, -z.
		{experiment.FuseZScore, []float64{1, 0.5}, []int32{0, 1, 3, 2, 4}, []float64{z / 2, 0, -z / 2, -1.5 * z, -1.5 * z}},
		{experiment.FuseZScore, []float64{2, 1}, []int32{0, 1, 3, 2, 4}, []float64{z, 0, -z, -3 * z, -3 * z}},
	} {
		got, err := fuse(experiment.Fusion{Fuse: c.rule, Weights: c.weights}, lists(), 6, 100, contract.Ties{Rule: contract.TiesIndex})
		if err != nil || !slices.Equal(got.Items, c.items) {
			t.Errorf("%s %v: %v, error %v, want %v", c.rule, c.weights, got.Items, err, c.items)
			continue
		}
		for i, want := range c.scores {
			if math.Abs(float64(got.Scores[i])-want) > 1e-6 {
				t.Errorf("%s %v: item %d has %v, want %v", c.rule, c.weights, got.Items[i], got.Scores[i], want)
			}
		}
	}
}

func TestFusionKeepsTheDepthAndBreaksTiesByTheirRule(t *testing.T) {
	f := experiment.Fusion{Fuse: experiment.FuseRRF, Weights: []float64{1, 1}}
	if got, _ := fuse(f, lists(), 6, 2, contract.Ties{Rule: contract.TiesIndex}); !slices.Equal(got.Items, []int32{1, 0}) {
		t.Errorf("the first two are %v", got.Items)
	}
	seen := map[int32]bool{}
	for seed := range uint64(20) {
		got, _ := fuse(f, lists(), 6, 2, contract.Ties{Rule: contract.TiesHashed, Seed: seed})
		seen[got.Items[1]] = true
	}
	if !seen[0] || !seen[3] {
		t.Errorf("items 0 and 3 are equal, and seeds give only %v", seen)
	}
	flat := []contract.Ranking{{Items: []int32{2, 1}, Scores: []float32{5, 5}}, {Items: []int32{1, 2}, Scores: []float32{2, 1}}}
	if got, err := fuse(experiment.Fusion{Fuse: experiment.FuseZScore, Weights: []float64{1, 1}}, flat, 6, 9, contract.Ties{}); err != nil || got.Items[0] != 1 {
		t.Errorf("a list of equal scores says nothing: %v, error %v", got, err)
	}
}

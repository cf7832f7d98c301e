package main

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

func TestSomeItemIsMasked(t *testing.T) {
	draws, counts := neural.NewDraws(1), [5]float64{}
	for range 10000 {
		places := (&model{Params: Params{Mask: .2}}).choose(draws, 5)
		if len(places) == 0 {
			t.Fatal("nothing is masked")
		}
		for _, at := range places {
			counts[at] += 1 / 10000.
		}
	}
	for at, share := range counts { // .2, and a fifth of the .8^5 in which nothing was drawn
		if want := .2 + .32768/5; share < want-.02 || share > want+.02 {
			t.Errorf("place %d is masked in %.3f of the sequences, want %.3f", at, share, want)
		}
	}
	for range 100 {
		if places := (&model{Params: Params{Mask: .9, Last: 1}}).choose(draws, 5); len(places) != 1 || places[0] != 4 {
			t.Fatalf("masked %v, want the last", places)
		}
	}
}

func TestHeadsMustDivideDim(t *testing.T) {
	if _, err := New().Configure(t.Context(), []byte(`{"dim": 10, "heads": 4}`)); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// A block of zeros leaves norm(norm(mask + p)), and the norm of (a, b), a > b, is
// (1, -1) but for epsilon: h = (-1, 1) for a history of one item, where the mask stands
// at place 1 with (0, 1) + (0, 3), and (1, -1) for none, at place 0 with (0, 1) + (5, 0).
// The head's matrix is the identity, and the scores are e_j . GELU(h) + b_j.
func TestScoresWorkedByHand(t *testing.T) {
	weights := map[string][]float64{"items": {2, 0, 0, 1, 1, 5}, "mask": {0, 1}, "positions": {5, 0, 0, 3}, "bias": {.1, .2, .3},
		"head.weight": {1, 0, 0, 1}, "head.bias": {0, 0}, "block.0.norm1.weight": {1, 1}, "block.0.norm2.weight": {1, 1}}
	for name, n := range map[string]int{"qkv": 12, "out.weight": 4, "out.bias": 2, "up.weight": 16, "up.bias": 8, "down.weight": 16, "down.bias": 2,
		"norm1.bias": 2, "norm2.bias": 2} {
		weights["block.0."+name] = make([]float64, n)
	}
	up := .5 * (1 + math.Erf(1/math.Sqrt2)) // GELU(1) = Phi(1), GELU(-1) = -Phi(-1)
	score := func(a, b float64) []float64 { return []float64{2*a + .1, b + .2, a + 5*b + .3} }
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 2, "blocks": 1, "heads": 1, "length": 2, "order": "history"}`), Users: 2, Items: 3,
		Rows: [][]int32{{0}, {}}, Weights: weights, Scores: [][]float64{score(up-1, up), score(up, up-1)},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

package main

import (
	"encoding/json"
	"math"
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

// One user with items 0 and 2 of three, one hidden unit, a code of one number:
// h = tanh((1 + 1)/sqrt(2)), z = .5 h + .1, d = tanh(2 z - .3), and scores
// d, .5 - 2 d and -1. A user without a history has h = tanh(0) = 0.
func TestScoresWorkedByHand(t *testing.T) {
	score := func(h float64) []float64 {
		d := math.Tanh(2*(.5*h+.1) - .3)
		return []float64{d, .5 - 2*d, -1}
	}
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"hidden": 1, "latent": 1}`), Users: 2, Items: 3, Rows: [][]int32{{0, 2}, {}},
		Weights: map[string][]float64{
			"encoder.0.weight": {1, 7, 1}, "encoder.0.bias": {0}, "encoder.1.weight": {.5, 3}, "encoder.1.bias": {.1, 0},
			"decoder.0.weight": {2}, "decoder.0.bias": {-.3}, "decoder.1": {1, 0, -2, .5, 0, -1},
		},
		Scores: [][]float64{score(math.Tanh(math.Sqrt2)), score(0)},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

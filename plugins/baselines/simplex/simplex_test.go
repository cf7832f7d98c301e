package main

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

// User 0 has items 0 and 1, whose mean is (2, 1); V swaps the two numbers, so that
// h = ((1, 0) + (1, 2))/2 = (1, 1). User 1 has no history: h = (0, 2)/2.
func TestScoresWorkedByHand(t *testing.T) {
	f := neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 2, "share": 0.5}`), Users: 2, Items: 3, Rows: [][]int32{{0, 1}, {}},
		Weights: map[string][]float64{"users": {1, 0, 0, 2}, "items": {4, 0, 0, 2, -1, -1}, "history": {0, 1, 1, 0}},
		Scores:  [][]float64{{math.Sqrt(.5), math.Sqrt(.5), -1}, {0, 1, -math.Sqrt(.5)}},
	}
	r := New()
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"dim": 0}`, `{"share": 1.5}`, `{"negatives": 0}`, `{"margin": -1}`, `{"negative_weight": 0}`, `{"gamma": 1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

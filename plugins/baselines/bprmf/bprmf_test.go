package main

import (
	"encoding/json"
	"errors"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

// Vectors of two numbers: x_ui = p_u q_i + b_i, and without biases p_u q_i.
func TestScoresWorkedByHand(t *testing.T) {
	f := neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 2}`), Users: 2, Items: 3, Rows: [][]int32{{0}, {1}},
		Weights: map[string][]float64{"users": {1, 2, -1, .5}, "items": {3, 1, .25, 0, 1, 0, 2, -2, -1}},
		Scores:  [][]float64{{5.25, 2, -3}, {-2.25, .5, -4}},
	}
	r := New()
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
	f.Params = json.RawMessage(`{"dim": 2, "biases": false}`)
	f.Weights["items"], f.Scores = []float64{3, 1, 0, 1, 2, -2}, [][]float64{{5, 2, -2}, {-2.5, .5, -3}}
	r = New()
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"dim": 0}`, `{"popularity": 1.5}`, `{"negatives": 0}`, `{"reg": -1}`, `{"learning_rate": 0}`, `{"bias": true}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

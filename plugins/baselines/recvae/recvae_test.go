package main

import (
	"errors"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

// All weights of the encoder are zero but the bias of the mean: every user has the code
// (2, -1), and scores are 2 q_0 - q_1 + b.
func TestScoresWorkedByHand(t *testing.T) {
	f := neuraltest.Fixture{
		Params: []byte(`{"hidden": 2, "latent": 2}`), Users: 2, Items: 3, Rows: [][]int32{{0, 2}, {}},
		Weights: map[string][]float64{
			"encoder.mean.weight": {0, 0, 0, 0}, "encoder.mean.bias": {2, -1}, "decoder": {1, 0, .5, 0, 1, 0, 3, 4, -1},
		},
		Scores: [][]float64{{2.5, -1, 1}, {2.5, -1, 1}},
	}
	r := New()
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"hidden": 0}`, `{"dropout": 1}`, `{"gamma": -1}`, `{"encoder_passes": 0}`, `{"beta": 0.2}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

package main

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) {
	for _, content := range []string{"sparse", "dense"} {
		t.Run(content, func(t *testing.T) { neuraltest.Steps(t, New(), "fixture_"+content+".json") })
	}
}

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture_sparse.json") }

func TestItemFeaturesAreNeeded(t *testing.T) {
	f, r := neuraltest.ReadFixture(t, "fixture_dense.json"), New()
	f.Features = nil
	if _, err := r.Configure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	err := r.Begin(t.Context(), contract.FitSpec{Users: f.Users, Items: f.Items}, f.Train())
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "features") {
		t.Errorf("error %v", err)
	}
}

// One user with items 0 and 2 of three, embeddings, codes and hidden layers of one
// number: h = tanh((1 + 3)/sqrt(2) + .1), u = .5 h, d = tanh(2 u), and scores v_j d + b_j.
func TestScoresWorkedByHand(t *testing.T) {
	d := math.Tanh(2 * .5 * math.Tanh(4/math.Sqrt2+.1))
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 1, "latent": 1, "hidden": 1}`), Users: 1, Items: 3, Rows: [][]int32{{0, 2}},
		Features: &neuraltest.Features{Width: 1, Dense: []float32{1, 2, 3}},
		Weights: map[string][]float64{
			"items": {1, -2, 3}, "items.bias": {.1, .2, .3}, "encoder.0.bias": {.1}, "encoder.1.weight": {.5, 7}, "encoder.1.bias": {0, 0},
			"decoder.0.weight": {2}, "decoder.0.bias": {0},
		},
		Scores: [][]float64{{d + .1, -2*d + .2, 3*d + .3}},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

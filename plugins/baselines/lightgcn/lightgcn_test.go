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

// User 0 has items 0 and 1, user 1 has item 1; vectors of one number. With one layer
// e_u = (e0_u + sum of e0_i/sqrt(|N_u| |N_i|)) / 2 and likewise for items.
func TestScoresWorkedByHand(t *testing.T) {
	u0, u1, i0, i1 := 1., 2., 3., 4.
	a00, a01, a11 := 1/math.Sqrt2, 1/2., 1/math.Sqrt2 // of (u0,i0), (u0,i1), (u1,i1)
	eu0, eu1 := (u0+a00*i0+a01*i1)/2, (u1+a11*i1)/2
	ei0, ei1 := (i0+a00*u0)/2, (i1+a01*u0+a11*u1)/2
	f := neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 1, "layers": 1, "learning_rate": 1e-12, "batch": 1}`), Users: 2, Items: 2, Rows: [][]int32{{0, 1}, {1}},
		Weights: map[string][]float64{"nodes": {u0, u1, i0, i1}},
		Scores:  [][]float64{{eu0 * ei0, eu0 * ei1}, {eu1 * ei0, eu1 * ei1}},
	}
	r := New()
	f.Begun(t, r, 1)
	if _, err := r.Epoch(t.Context(), contract.EpochSpec{Number: 1, Seed: 1}, nil); err != nil { // moves nothing, and propagates
		t.Fatal(err)
	}
	f.CheckScores(t, r)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"dim": 0}`, `{"layers": 9}`, `{"layers": 1.5}`, `{"reg": -1}`, `{"learning_rate": 0}`, `{"layer": 2}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

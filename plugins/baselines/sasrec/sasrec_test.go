package main

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) {
	for _, loss := range []string{"ce", "bce", "bce_dense", "gbce", "sampled"} {
		t.Run(loss, func(t *testing.T) { neuraltest.Steps(t, New(), "fixture_"+loss+".json") })
	}
}

func TestPromises(t *testing.T) {
	for _, loss := range []string{"ce", "gbce"} {
		t.Run(loss, func(t *testing.T) { neuraltest.Promises(t, fresh, "fixture_"+loss+".json") })
	}
}

// No block, so that a score is e_j . norm(e_last + p), with embeddings of two numbers:
// the norm of (a, b), a > b, is (1, -1) but for epsilon. A history of item 0 alone has
// (2, 0) + (1, 0), one of items 0 and 1 has (0, 1) + (0, 3) at its end.
func TestScoresWorkedByHand(t *testing.T) {
	one := map[string][]float64{"items": {2, 0, 0, 1, 1, 5}, "positions": {1, 0, 0, 3}, "block.norm.weight": {1, 2}, "block.norm.bias": {0, .5}}
	for name, shape := range map[string]int{"qkv": 12, "out.weight": 4, "out.bias": 2, "up.weight": 4, "up.bias": 2, "down.weight": 4, "down.bias": 2,
		"norm1.weight": 2, "norm1.bias": 2, "norm2.weight": 2, "norm2.bias": 2} {
		one["block.0."+name] = make([]float64, shape) // a block of zeros adds nothing
	}
	score := func(a, b float64) (scores []float64) { // norm (a, b), scaled by (1, 2) and moved by (0, .5)
		for _, e := range [][2]float64{{2, 0}, {0, 1}, {1, 5}} {
			scores = append(scores, e[0]*a+e[1]*(2*b+.5))
		}
		return scores
	}
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 2, "blocks": 1, "length": 2, "order": "history"}`), Users: 3, Items: 3,
		Rows: [][]int32{{0}, {0, 1}, {}}, Weights: one,
		Scores: [][]float64{score(1, -1), score(-1, 1), {0, 0, 0}},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

func TestOrderTimeNeedsTimes(t *testing.T) {
	f := neuraltest.ReadFixture(t, "fixture_ce.json")
	r := New()
	if _, err := r.Configure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	err := r.Begin(t.Context(), contract.FitSpec{Users: f.Users, Items: f.Items}, f.Train())
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "order: history") {
		t.Errorf("error %v", err)
	}
	set := contracttest.TrainingSet() // has them
	spec := contract.FitSpec{Users: 24, Items: 30, Resources: contract.Resources{Threads: 1}}
	if err := r.Begin(t.Context(), spec, func(yield func(*contract.TrainChunk, error) bool) { yield(set, nil) }); err != nil {
		t.Error(err)
	}
}

func TestItemFeaturesBeginTheTable(t *testing.T) {
	f := neuraltest.ReadFixture(t, "fixture_ce.json")
	configured := func(params string) *neuraltest.Fixture {
		own := f
		own.Params = json.RawMessage(params)
		return &own
	}
	begin := func(f *neuraltest.Fixture) error {
		r := New()
		t.Cleanup(func() { _ = r.Close(t.Context()) })
		if _, err := r.Configure(t.Context(), f.Params); err != nil {
			t.Fatal(err)
		}
		if err := r.Begin(t.Context(), contract.FitSpec{Users: f.Users, Items: f.Items}, f.Train()); err != nil {
			return err
		}
		return r.Vectors(t.Context(), contract.EntityItem, func(c *contract.FeatureChunk) error {
			for i, v := range c.Dense {
				if math.Abs(float64(v-f.Features.Dense[i])) > 0 {
					t.Fatalf("value %d of the table is %v, its feature %v", i, v, f.Features.Dense[i])
				}
			}
			return nil
		})
	}
	without := configured(`{"dim": 2, "order": "history", "features": true}`)
	if err := begin(without); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "no item features") {
		t.Errorf("without features: error %v", err)
	}
	with := configured(`{"dim": 2, "order": "history", "features": true}`)
	with.Features = &neuraltest.Features{Width: 2}
	for i := range 2 * f.Items {
		with.Features.Dense = append(with.Features.Dense, float32(i)/7)
	}
	if err := begin(with); err != nil {
		t.Error(err)
	}
	with.Params = json.RawMessage(`{"dim": 4, "order": "history", "features": true}`)
	if err := begin(with); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "width 2") {
		t.Errorf("another width: error %v", err)
	}
}

func TestHeadsMustDivideDim(t *testing.T) {
	if _, err := New().Configure(t.Context(), json.RawMessage(`{"dim": 10, "heads": 4}`)); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

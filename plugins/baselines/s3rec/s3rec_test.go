package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

func TestAttributesAreNeeded(t *testing.T) {
	f, r := neuraltest.ReadFixture(t, "fixture.json"), New()
	f.Attributes = nil
	if _, err := r.Configure(t.Context(), f.Params); err != nil {
		t.Fatal(err)
	}
	err := r.Begin(t.Context(), contract.FitSpec{Users: f.Users, Items: f.Items}, f.Train())
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "attributes") {
		t.Errorf("error %v", err)
	}
}

// Rows 0..2 are a sequence of three items with the second masked, rows 3 and 4 another
// of two with both masked.
func TestMaskedRowsAreNotLookedUp(t *testing.T) {
	var d drawn
	if end := d.add([]int32{5, 6, 7}, []int{1}); end != 2 {
		t.Errorf("the first sequence ends at row %d", end)
	}
	if end := d.add([]int32{8, 9}, []int{0, 1}); end != 4 {
		t.Errorf("the second sequence ends at row %d", end)
	}
	rows, items := visible([]int64{5, 6, 7, 8, 9}, d.hidden)
	if !slices.Equal(rows, []int64{0, 2}) || !slices.Equal(items, []int64{5, 7}) {
		t.Errorf("rows %v with items %v are looked up", rows, items)
	}
	if inside, outside := places(4, 1, 3); !slices.Equal(inside, []int{1, 2}) || !slices.Equal(outside, []int{0, 3}) {
		t.Errorf("inside %v, outside %v", inside, outside)
	}
}

func TestHeadsMustDivideDim(t *testing.T) {
	if _, err := New().Configure(t.Context(), []byte(`{"dim": 10, "heads": 4}`)); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// A block of zeros leaves norms, and the norm of (a, b), a > b, is (1, -1) but for
// epsilon: a history of item 0 alone has (2, 0) + (1, 0), one of items 0 and 1 has
// (0, 1) + (0, 3) at its end, and the scores are e_j times that.
func TestScoresWorkedByHand(t *testing.T) {
	weights := map[string][]float64{"items": {2, 0, 0, 1, 1, 5}, "positions": {1, 0, 0, 3}, "norm.weight": {1, 1},
		"block.0.norm1.weight": {1, 1}, "block.0.norm2.weight": {1, 1}}
	for name, n := range map[string]int{"qkv": 12, "out.weight": 4, "out.bias": 2, "up.weight": 16, "up.bias": 8, "down.weight": 16, "down.bias": 2,
		"norm1.bias": 2, "norm2.bias": 2} {
		weights["block.0."+name] = make([]float64, n)
	}
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 2, "blocks": 1, "heads": 1, "length": 2, "order": "history"}`), Users: 3, Items: 3,
		Rows: [][]int32{{0}, {0, 1}, {}}, Attributes: [][]string{{"red"}, {}, {"blue"}}, Weights: weights,
		Scores: [][]float64{{2, -1, 1 - 5}, {-2, 1, -1 + 5}, {0, 0, 0}},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}

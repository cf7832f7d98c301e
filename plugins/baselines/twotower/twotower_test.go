package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) { neuraltest.Steps(t, New(), "fixture.json") }

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture.json") }

// The same features as a sparse matrix, and cut into two of which one is sparse, give
// the same scores and gradients; those of users change nothing.
func TestFeaturesInOtherFormsAreTheSame(t *testing.T) {
	f := neuraltest.ReadFixture(t, "fixture.json")
	scores, gradient := begun(t, f, func(c *contract.FeatureChunk) []*contract.FeatureChunk { return []*contract.FeatureChunk{c} })
	for name, form := range map[string]func(*contract.FeatureChunk) []*contract.FeatureChunk{
		"sparse": func(c *contract.FeatureChunk) []*contract.FeatureChunk { return []*contract.FeatureChunk{sparsely(c)} },
		"in two": func(c *contract.FeatureChunk) []*contract.FeatureChunk {
			ofUsers := &contract.FeatureChunk{Name: "users", Entity: contract.EntityUser, Width: 1, Rows: []int32{0}, Dense: []float32{7}}
			return []*contract.FeatureChunk{column(c, 0), ofUsers, sparsely(column(c, 1))}
		},
	} {
		otherScores, otherGradient := begun(t, f, form)
		same := func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-5 }
		if !slices.EqualFunc(otherScores, scores, same) || !slices.EqualFunc(otherGradient, gradient, same) {
			t.Errorf("%s: scores %v and gradient %v, want %v and %v", name, otherScores, otherGradient, scores, gradient)
		}
	}
}

// begun gives, before any step, the scores of a history and the gradient of the
// features' weights, with the fixture's features in another form.
func begun(t *testing.T, f neuraltest.Fixture, form func(*contract.FeatureChunk) []*contract.FeatureChunk) (scores, gradient []float32) {
	t.Helper()
	r := New()
	defer func() { _ = r.Close(t.Context()) }()
	if _, err := r.Configure(t.Context(), f.Params); err != nil {
		t.Fatal(err)
	}
	err := r.Begin(t.Context(), contract.FitSpec{Users: f.Users, Items: f.Items, Seed: 5}, func(yield func(*contract.TrainChunk, error) bool) {
		for c := range f.Train() {
			if c.Features == nil {
				yield(c, nil)
				continue
			}
			for _, part := range form(c.Features) {
				yield(&contract.TrainChunk{Features: part}, nil)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, gradients, err := r.Gradient(contract.EpochSpec{Number: 1, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: contract.NoUser, History: f.Rows[0], K: int32(f.Items)}})
	if err != nil {
		t.Fatal(err)
	}
	scores = make([]float32, f.Items)
	for i, item := range ranking[0].Items {
		scores[item] = ranking[0].Scores[i]
	}
	return scores, gradients["features"]
}

// column is one column of a dense chunk.
func column(c *contract.FeatureChunk, k int) *contract.FeatureChunk {
	out := &contract.FeatureChunk{Name: fmt.Sprint("column ", k), Entity: c.Entity, Width: 1, Rows: c.Rows}
	for i := range c.Rows {
		out.Dense = append(out.Dense, c.Dense[i*c.Width+k])
	}
	return out
}

func sparsely(c *contract.FeatureChunk) *contract.FeatureChunk {
	out := &contract.FeatureChunk{Name: c.Name, Entity: c.Entity, Width: c.Width, Rows: c.Rows, Offsets: []int64{0}, Values: c.Dense}
	for range c.Rows {
		for column := range c.Width {
			out.Columns = append(out.Columns, int32(column))
		}
		out.Offsets = append(out.Offsets, int64(len(out.Columns)))
	}
	return out
}

// Identities for all matrices: q is the direction of the positive part of the history's
// mean, v that of an item's embedding.
func TestScoresWorkedByHand(t *testing.T) {
	one, none := []float64{1, 0, 0, 1}, []float64{0, 0}
	f := neuraltest.Fixture{
		Params: json.RawMessage(`{"embedding": 2, "hidden": 2, "dim": 2, "learning_rate": 1e-12}`), Users: 2, Items: 3, Rows: [][]int32{{0, 1}, {2, 1}},
		Weights: map[string][]float64{
			"history": {2, 0, 0, 2, 4, -8}, "items": {3, 4, 1, 0, -2, 5},
			"query.0.weight": one, "query.0.bias": none, "query.1.weight": one, "query.1.bias": none,
			"item.0.weight": one, "item.0.bias": none, "item.1.weight": one, "item.1.bias": none,
		},
		Scores: [][]float64{{(3 + 4) / (5 * math.Sqrt2), 1 / math.Sqrt2, 1 / math.Sqrt2}, {3. / 5, 1, 0}},
	}
	r := New()
	f.Begun(t, r, 1)
	if _, err := r.Epoch(t.Context(), contract.EpochSpec{Number: 1, Seed: 1}, nil); err != nil { // moves nothing, and keeps the items' vectors
		t.Fatal(err)
	}
	f.CheckScores(t, r)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"dim": 0}`, `{"temperature": 0}`, `{"batch": 1}`, `{"hidden": 0}`, `{"log_q": true}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

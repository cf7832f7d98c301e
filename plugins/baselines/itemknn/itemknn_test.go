package main

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
)

// Items 0 and 1 share two users, 1 and 2 one; counts are 2, 3 and 1.
func TestSimilaritiesWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {1, 1, 0}, {0, 1, 1}})
	s01, s12 := 2/(math.Sqrt(6)+10), 1/(math.Sqrt(3)+10)
	k := New()
	evaltest.Fit(t, k, `{}`, split)
	evaltest.CheckScores(t, k, split, [][]float64{{s01, s01, s12}, {s01, s01, s12}, {s01, s12, s12}}, 1e-7)
	evaltest.Fit(t, k, `{"neighbours": 1}`, split)
	// Item 1 keeps item 0 only, so that item 2 no longer speaks for it.
	evaltest.CheckScores(t, k, split, [][]float64{{s01, s01, s12}, {s01, s01, s12}, {s01, 0, s12}}, 1e-7)
}

func TestScoresEqualNumPy(t *testing.T) {
	var f struct {
		X     [][]int
		Cases []struct {
			Shrink        float64
			Neighbours    int
			NeighbourTies string `json:"neighbour_ties"`
			Scores        [][]float64
		}
		Others []evaltest.Case
	}
	evaltest.ReadFixture(t, &f)
	split := evaltest.SplitOf(f.X)
	for _, c := range f.Cases {
		k := New()
		evaltest.Fit(t, k, fmt.Sprintf(`{"shrink": %v, "neighbours": %d, "neighbour_ties": %q}`, c.Shrink, c.Neighbours, c.NeighbourTies), split)
		evaltest.CheckScores(t, k, split, c.Scores, 2e-7)
	}
	evaltest.Fixture{X: f.X}.Check(t, func() contract.Recommender { return New() }, f.Others, 5e-7)
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"shrink": -1}`, `{"neighbours": -1}`, `{"neighbours": 1.5}`, `{"similarity": "dice"}`, `{"neighbors": 5}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

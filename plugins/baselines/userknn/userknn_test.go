package main

import (
	"errors"
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
)

// Users {0, 1}, {1, 2} and {1, 3}; any two have item 1 alone in common, so that their
// similarity is 1/(2 + 10).
func TestNeighboursWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}})
	k, s := New(), 1./12
	evaltest.Fit(t, k, `{}`, split)
	evaltest.CheckScores(t, k, split, [][]float64{{0, 2 * s, s, s}, {s, 2 * s, 0, s}, {s, 2 * s, s, 0}}, 1e-7)
	evaltest.Fit(t, k, `{"neighbours": 1}`, split) // of two equal neighbours the one with the smaller index
	evaltest.CheckScores(t, k, split, [][]float64{{0, s, s, 0}, {s, s, 0, 0}, {s, s, 0, 0}}, 1e-7)
	// A history without a user may be that of user 0, who then counts: 2/(2 + 10).
	got, err := k.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: contract.NoUser, History: []int32{0, 1}, K: 1}})
	if err != nil || math.Abs(float64(got[0].Scores[0])-2./12) > 1e-7 {
		t.Errorf("a history without a user: %v, error %v", got, err)
	}
}

func TestScoresEqualNumPy(t *testing.T) { evaltest.CheckFixture(t, New, 5e-7) }

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	k := New()
	evaltest.Fit(t, k, `{"neighbours": 500, "feature_weighting": "tfidf"}`, split)
	evaltest.CheckGolden(t, k, split,
		evaltest.PaperRow(contract.PartTest, .1738, .2267, .1134),
		evaltest.PaperRow(contract.PartValidation, .1751, .2255, .1113))
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"shrink": -1}`, `{"similarity": "dice"}`, `{"neighbours": -1}`, `{"user_weight": 1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

package main

import (
	"errors"
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
)

// Users {0, 1} and {1, 2}; item 1 has two users, each user two items. With alpha 1,
// from item 0 to item 1: 1 * 1/2, over the popularity 2^beta; from item 1 to item 0:
// 1/2 * 1/2.
func TestWalksWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {0, 1, 1}})
	r := New()
	evaltest.Fit(t, r, `{"alpha": 1, "beta": 0.5}`, split)
	to1 := 1. / 2 / math.Sqrt2
	evaltest.CheckScores(t, r, split, [][]float64{{1. / 4, to1, 1. / 4}, {1. / 4, to1, 1. / 4}}, 1e-7)
	evaltest.Fit(t, r, `{"alpha": 1, "beta": 0.5, "neighbours": 1}`, split)
	// Items 0 and 2 are equal to item 1, which keeps the smaller index.
	evaltest.CheckScores(t, r, split, [][]float64{{1. / 4, to1, 0}, {1. / 4, to1, 0}}, 1e-7)
}

func TestScoresEqualNumPy(t *testing.T) { evaltest.CheckFixture(t, New, 5e-7) }

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	r := New()
	evaltest.Fit(t, r, `{"alpha": 0.6, "beta": 0.3}`, split)
	evaltest.CheckGolden(t, r, split,
		evaltest.PaperRow(contract.PartTest, .1631, .2135, .1062),
		evaltest.PaperRow(contract.PartValidation, .1632, .2139, .1066))
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"alpha": -1}`, `{"beta": 5}`, `{"neighbours": -1}`, `{"gamma": 1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

package main

import (
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Users {0, 1}, {0, 1} and {1, 2}: G_00 = 2, G_11 = 3, G_22 = 1, G_01 = 2, G_12 = 1. With
// l1 = 1/2 and l2 = 1, item 0 has from item 1 the weight (2 - 1/2)/(3 + 1) = 3/8, item 2
// (1 - 1/2)/4 = 1/8. Item 1 has (2 - 1/2)/(2 + 1) = 1/2 from 0 and (1 - 1/2)/(1 + 1) = 1/4
// from 2, which share no user.
func TestWeightsWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {1, 1, 0}, {0, 1, 1}})
	s := New()
	evaltest.Fit(t, s, `{"l1": 0.5, "l2": 1}`, split)
	evaltest.CheckScores(t, s, split, [][]float64{{3. / 8, 1. / 2, 1. / 8}, {3. / 8, 1. / 2, 1. / 8}, {3. / 8, 1. / 4, 1. / 8}}, 1e-7)
	evaltest.Fit(t, s, `{"l1": 0.5, "l2": 1, "neighbours": 1}`, split)
	evaltest.CheckScores(t, s, split, [][]float64{{3. / 8, 1. / 2, 1. / 8}, {3. / 8, 1. / 2, 1. / 8}, {3. / 8, 0, 1. / 8}}, 1e-7)
}

func TestScoresEqualScikitLearn(t *testing.T) { evaltest.CheckFixture(t, New, 2e-6) }

func TestSettingsThatCannotBeMetAreNamed(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 1}, {1, 1, 0}, {0, 1, 1}})
	for params, says := range map[string]string{
		`{"l1": 2}`: "leaves none of 3 items a weight",
		`{"l1": 0.1, "l2": 0.001, "tolerance": 1e-9, "sweeps": 1}`: "after 1 sweeps: raise l2",
	} {
		s := New()
		if _, err := s.Configure(t.Context(), []byte(params)); err != nil {
			t.Fatal(err)
		}
		err := s.Fit(t.Context(), contract.FitSpec{Users: 3, Items: 3}, evaltest.Train(split.Training.Interactions, 9), nil)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", params, err, says)
		}
	}
}

func TestTooManyPairsAreRefusedBeforeTheMemoryIsTaken(t *testing.T) {
	x := &linalg.CSR{Rows: 1, Cols: 3_000_000, Ptr: []int{0, 2_000_000}, Index: make([]int32, 2_000_000)}
	if _, err := newGram(t.Context(), x, 1); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("a history of two million items: error %v", err)
	}
}

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	s := New()
	evaltest.Fit(t, s, `{"l1": 0.2, "l2": 100}`, split)
	evaltest.CheckGolden(t, s, split,
		evaltest.PaperRow(contract.PartTest, .1796, .2295, .1182),
		evaltest.PaperRow(contract.PartValidation, .1778, .2279, .1149))
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"l1": -1}`, `{"l2": 0}`, `{"neighbours": -1}`, `{"alpha": 1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

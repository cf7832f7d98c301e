package main

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
)

// Users {0, 1} and {1}: N = [1/sqrt2 1/2; 0 1/sqrt2], whose largest singular value is 1
// with the vector sqrt(degrees) = (1, sqrt2)/sqrt3. The linear filter gives item 0 to user
// 0 as 1/2 + 1/(2 sqrt2), the low-pass filter 1/3 (1 + 1) sqrt(1/1), of weight 1.
func TestFiltersWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1}, {0, 1}})
	g, c := New(), 1/(2*math.Sqrt2)
	evaltest.Fit(t, g, `{"dim": 1, "weight": 1}`, split)
	evaltest.CheckScores(t, g, split, [][]float64{{.5 + c + 2./3, c + .75 + 4./3}, {c + 1./3, .75 + 2./3}}, 1e-6)
}

func TestScoresEqualNumPy(t *testing.T) { evaltest.CheckFixture(t, New, 2e-6) }

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	g := New()
	evaltest.Fit(t, g, `{"dim": 192, "weight": 0.8}`, split)
	evaltest.CheckGolden(t, g, split,
		evaltest.PaperRow(contract.PartTest, .1668, .2231, .1075),
		evaltest.PaperRow(contract.PartValidation, .1694, .2226, .1062))
}

// Shen et al. 2021 print .1849 / .1518 for Gowalla as LightGCN split it.
func TestPublishedNumbersOfGowalla(t *testing.T) {
	if os.Getenv("CLLM4REC_SLOW") == "" {
		t.Skip("SKIPPED: 256 singular vectors over 40,981 items take minutes; set CLLM4REC_SLOW=1")
	}
	split := evaltest.LightGCN(t, "gowalla")
	g := New()
	evaltest.Fit(t, g, `{"dim": 256, "weight": 0.3}`, split)
	evaltest.CheckNear(t, g, split, evaltest.Golden{
		Part: contract.PartTest, Metrics: []string{"recall@20", "ndcg@20"}, Values: []float64{.1849, .1518},
	}, .003)
}

func TestMoreVectorsThanItemsAreRefused(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1}, {0, 1}})
	g := New()
	if _, err := g.Configure(t.Context(), []byte(`{"dim": 3}`)); err != nil {
		t.Fatal(err)
	}
	err := g.Fit(t.Context(), contract.FitSpec{Users: 2, Items: 2}, evaltest.Train(split.Training.Interactions, 9), nil)
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "dim is 3, above the 2 items") {
		t.Errorf("error %v", err)
	}
}

func TestParametersOutOfRangeAreRefused(t *testing.T) {
	for _, params := range []string{`{"dim": 0}`, `{"weight": -1}`, `{"dim": 5000}`, `{"alpha": 1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

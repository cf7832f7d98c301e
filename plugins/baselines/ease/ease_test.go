package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Two users with items {0, 1} and {0, 2}: X'X + 1 I = [3 1 1; 1 2 0; 1 0 2],
// whose inverse is [4 -2 -2; -2 5 1; -2 1 5] / 8.
func TestWeightsWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {1, 0, 1}})
	e := New()
	evaltest.Fit(t, e, `{"lambda": 1}`, split)
	row0 := []float64{0, 2. / 5, 2. / 5}
	row1 := []float64{2. / 4, 0, -1. / 5}
	row2 := []float64{2. / 4, -1. / 5, 0}
	want := make([][]float64, 2)
	for j := range 3 {
		want[0], want[1] = append(want[0], row0[j]+row1[j]), append(want[1], row0[j]+row2[j])
	}
	evaltest.CheckScores(t, e, split, want, 1e-7)
}

func TestScoresEqualNumPy(t *testing.T) {
	var f struct {
		X     [][]int
		Cases []struct {
			Lambda float64
			Scores [][]float64
		}
		Side   [][]float32
		Others []evaltest.Case
	}
	evaltest.ReadFixture(t, &f)
	split := evaltest.SplitOf(f.X)
	for _, c := range f.Cases {
		e := New()
		evaltest.Fit(t, e, fmt.Sprintf(`{"lambda": %v}`, c.Lambda), split)
		evaltest.CheckScores(t, e, split, c.Scores, 2e-7)
	}
	evaltest.Fixture{X: f.X, Side: f.Side}.Check(t, func() contract.Recommender { return New() }, f.Others, 5e-7)
}

// The same P = [4 -2 -2; -2 5 1; -2 1 5]/8 with a cap of 1/2: without a constraint
// item 0 would have 1 - 4/8 on itself, items 1 and 2 1 - 5/8, all within the cap, so
// that k = lambda = 1 and B = I - P; with a cap of 2/5 item 0 has k = (3/5)/(4/8).
func TestCapsWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {1, 0, 1}})
	for cap, own := range map[string][2]float64{"0.5": {4. / 8, 2. / 8}, "0.4": {2. / 5, 2. / 8 * 6 / 5}} {
		e := New()
		evaltest.Fit(t, e, `{"lambda": 1, "diagonal": `+cap+`}`, split)
		// The history {0, 1}: columns of rows 0 and 1 of B.
		evaltest.CheckScores(t, e, split, [][]float64{{own[0] + own[1], 2./8 + 3./8, 2./8 - 1./8}}, 1e-7)
	}
}

func TestLambdaMustBePositive(t *testing.T) {
	for _, params := range []string{`{"lambda": 0}`, `{"lambda": -1}`, `{"lamdba": 500}`, `{"dropout": 1}`, `{"diagonal": 1}`, `{"user_weight": -1}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

func TestTooManyItemsAreRefusedBeforeTheMemoryIsTaken(t *testing.T) {
	x := &linalg.CSR{Cols: 10_000_000, Ptr: []int{0}}
	if _, err := solve(t.Context(), &baseline.Data{X: x}, baseline.Work[Params]{Params: Params{Lambda: 1}, Threads: 1}); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("ten million items: error %v", err)
	}
}

// The same P = [4 -2 -2; -2 5 1; -2 1 5]/8 without user 0: X'X + I = [2 0 1; 0 1 0; 1 0 2], whose
// inverse is [2 0 -1; 0 3 0; -1 0 2]/3, so that B_02 = B_20 = 1/2 and the rest is zero.
func TestAUserIsLeftOutAsWorkedByHand(t *testing.T) {
	e := New()
	evaltest.Fit(t, e, `{"lambda": 1}`, evaltest.SplitOf([][]int{{1, 1, 0}, {1, 0, 1}}))
	got, err := e.RankWithout(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, []contract.Query{{User: 0, History: []int32{0, 1}, K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	for at, item := range got[0].Items {
		if want := []float64{0, 0, .5}[item]; math.Abs(float64(got[0].Scores[at])-want) > 1e-7 {
			t.Errorf("item %d scores %v, want %v", item, got[0].Scores[at], want)
		}
	}
}

func TestNobodyIsLeftOutWhereThereIsNoClosedForm(t *testing.T) {
	for params, name := range map[string]string{`{"dropout": 0.1}`: "dropout", `{"diagonal": 0.1}`: "diagonal"} {
		e := New()
		evaltest.Fit(t, e, params, evaltest.SplitOf([][]int{{1, 1, 0}, {1, 0, 1}}))
		_, err := e.RankWithout(t.Context(), contract.RankSpec{}, []contract.Query{{User: 0, K: 1}})
		if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
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
	}
	raw, err := os.ReadFile("testdata/fixture.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	split := evaltest.SplitOf(f.X)
	for _, c := range f.Cases {
		e := New()
		evaltest.Fit(t, e, fmt.Sprintf(`{"lambda": %v}`, c.Lambda), split)
		evaltest.CheckScores(t, e, split, c.Scores, 2e-7)
	}
}

func TestLambdaMustBePositive(t *testing.T) {
	for _, params := range []string{`{"lambda": 0}`, `{"lambda": -1}`, `{"lamdba": 500}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

func TestTooManyItemsAreRefusedBeforeTheMemoryIsTaken(t *testing.T) {
	x := &linalg.CSR{Cols: 10_000_000, Ptr: []int{0}}
	if _, err := solve(t.Context(), x, 1, 1, nil); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("ten million items: error %v", err)
	}
}

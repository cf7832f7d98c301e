package main

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/features"
	"cllm4rec/plugins/internal/baselinetest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// One user with item 0 of two, whose words are the same: K is all ones, C = [0 1; 1 0].
// With ridge 1, P = diag(1/2, 1), and with pull 1
//
//	P C = [0 1/2; 1 0],   g = (2, 1),   B = I + P C - P diag(g) = [0 1/2; 1 0].
func TestWeightsWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 0}})
	same := &features.Matrix{Rows: 2, Width: 1, Dense: []float32{1, 3}}
	e := New()
	evaltest.Fit(t, e, `{"ridge": 1, "pull": 1}`, split, baselinetest.Features(same)...)
	evaltest.CheckScores(t, e, split, [][]float64{{0, .5}}, 1e-9)
	// With alpha 2 and half an interaction per item, G + K + I = [3 1; 1 2], whose inverse
	// is [2 -1; -1 3] / 5, so that B_01 = 1/3; item 1 has no user and counts as one.
	evaltest.Fit(t, e, `{"ridge": 1, "alpha": 2, "popularity": 1}`, split, baselinetest.Features(same)...)
	evaltest.CheckScores(t, e, split, [][]float64{{0, 1. / 3}}, 1e-7)
}

func TestScoresEqualNumPy(t *testing.T) {
	var f struct {
		X             [][]int
		Sparse, Dense [][]float32
		Cases         []struct {
			Params json.RawMessage
			Scores [][]float64
		}
	}
	evaltest.ReadFixture(t, &f)
	split := evaltest.SplitOf(f.X)
	text := baselinetest.Features(baselinetest.Sparse(f.Sparse), baselinetest.Dense(f.Dense))
	for _, c := range f.Cases {
		t.Run(string(c.Params), func(t *testing.T) {
			e := New()
			evaltest.Fit(t, e, string(c.Params), split, text...)
			evaltest.CheckScores(t, e, split, c.Scores, 1e-6)
		})
	}
}

func TestFeaturesWithoutEffectAreRefused(t *testing.T) {
	for params, says := range map[string]string{
		`{}`:                           "pull and alpha are both 0",
		`{"pull": 1, "ridge": 0}`:      "ridge",
		`{"pull": 1, "prior": "eaze"}`: `did you mean`,
		`{"alpha": -1}`:                "alpha",
	} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", params, err, says)
		}
	}
}

func TestTooManyItemsAreRefusedBeforeTheMemoryIsTaken(t *testing.T) {
	s := solver{x: &linalg.CSR{Cols: 10_000_000, Ptr: []int{0}}, n: 10_000_000, threads: 1}
	if _, err := s.solve(t.Context()); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("ten million items: error %v", err)
	}
}

// Of two users with items {0, 1} and {0, 2}, and words that no items share, K = I: without user
// 0, with alpha 1, d = 4/3 and ridge 1, X'X + K d + I = [3 + 1/3, 0, 1; 0, 2 + 1/3, 0; 1, 0, 3 + 1/3],
// so that B_02 = 1/(3 + 1/3) = .3.
func TestAUserIsLeftOutAsWorkedByHand(t *testing.T) {
	e, apart := New(), &features.Matrix{Rows: 3, Width: 3, Dense: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}}
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {1, 0, 1}})
	query := []contract.Query{{User: 0, History: []int32{0, 1}, K: 3}}
	evaltest.Fit(t, e, `{"ridge": 1, "alpha": 1}`, split, baselinetest.Features(apart)...)
	got, err := e.RankWithout(t.Context(), contract.RankSpec{}, query)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Items[0] != 2 || math.Abs(float64(got[0].Scores[0])-.3) > 1e-7 {
		t.Errorf("got %v, want item 2 first with .3", got[0])
	}
	evaltest.Fit(t, e, `{"ridge": 1, "alpha": 1, "pull": 0.5}`, split, baselinetest.Features(apart)...)
	if _, err := e.RankWithout(t.Context(), contract.RankSpec{}, query); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "pull") {
		t.Errorf("with a prior mean: error %v", err)
	}
}

package main

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/features"
	"cllm4rec/plugins/internal/baselinetest"
)

// words has three items with the words {a}, {a, b}, {b}: the cosines are 1/sqrt(2)
// between neighbours and 0 between the ends.
func words() *features.Matrix {
	return &features.Matrix{Rows: 3, Width: 2, Ptr: []int{0, 1, 3, 4}, Columns: []int32{0, 0, 1, 1}, Values: []float32{5, 2, 2, 1}}
}

func TestScoresWorkedByHand(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0}, {0, 0, 0}})
	p := New()
	evaltest.Fit(t, p, "", split, baselinetest.Features(words())...)
	half := math.Sqrt(.5) / 2
	evaltest.CheckScores(t, p, split, [][]float64{{.5 + half, half + .5, half}, {0, 0, 0}}, 1e-7)
}

// The second matrix says that items 0 and 2 are alike: dense rows (1, 0), (0, 1), (3, 0).
func TestMatricesCountByTheirShares(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 0, 0}})
	dense := &features.Matrix{Rows: 3, Width: 2, Dense: []float32{1, 0, 0, 1, 3, 0}}
	for params, want := range map[string][]float64{
		`{}`:                    {1, .5 * math.Sqrt(.5), .5},
		`{"shares": [1, 0.25]}`: {1.25, math.Sqrt(.5), .25},
	} {
		p := New()
		evaltest.Fit(t, p, params, split, baselinetest.Features(words(), dense)...)
		evaltest.CheckScores(t, p, split, [][]float64{want}, 1e-6)
	}
}

func TestSharesOfOtherMatricesAreRefused(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 0, 0}})
	for params, says := range map[string]string{`{"shares": [1, 2]}`: "there are 2 shares for 1 feature matrices", `{}`: "no features of items"} {
		p := New()
		if _, err := p.Configure(t.Context(), []byte(params)); err != nil {
			t.Fatal(err)
		}
		var beside []*contract.TrainChunk
		if params != "{}" {
			beside = baselinetest.Features(words())
		}
		err := p.Fit(t.Context(), contract.FitSpec{Users: 1, Items: 3}, func(yield func(*contract.TrainChunk, error) bool) {
			for _, c := range append([]*contract.TrainChunk{{Users: []int32{0}, Items: split.Training.Interactions.Item}}, beside...) {
				if !yield(c, nil) {
					return
				}
			}
		}, nil)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", params, err, says)
		}
	}
}

package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
)

func TestScoresAreTrainingCounts(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0, 0}, {1, 1, 1, 0}, {0, 1, 0, 0}})
	p := New()
	evaltest.Fit(t, p, `{}`, split)
	want := []float64{2, 3, 1, 0}
	evaltest.CheckScores(t, p, split, [][]float64{want, want, want}, 0)
}

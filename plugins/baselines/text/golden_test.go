package main

import (
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baselinetest"
)

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := baselinetest.Beauty(t)
	p := New()
	evaltest.Fit(t, p, "", split, baselinetest.Features(baselinetest.TFIDF(t, split, baselinetest.Golden()))...)
	evaltest.CheckGolden(t, p, split,
		evaltest.PaperRow(contract.PartTest, .1264, .1800, .0867),
		evaltest.PaperRow(contract.PartValidation, .1276, .1770, .0842))
}

// Titles alone are known to three decimals.
func TestGoldenNumbersOfTitlesAlone(t *testing.T) {
	split := baselinetest.Beauty(t)
	p := New()
	evaltest.Fit(t, p, "", split, baselinetest.Features(baselinetest.TFIDF(t, split, baselinetest.Golden(contract.TextTitle)))...)
	row := evaltest.PaperRow(contract.PartTest, .135, .187, .089)
	row.Options.Metrics, _ = eval.ParseMetrics(row.Metrics)
	result, err := eval.Evaluate(t.Context(), p, split, row.Part, row.Options)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range row.Metrics {
		if got, _ := result.Mean(name); math.Abs(got-row.Values[i]) > .5e-3 {
			t.Errorf("%s = %.6f, want %.3f", name, got, row.Values[i])
		}
	}
}

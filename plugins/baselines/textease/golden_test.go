package main

import (
	"math"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/features"
	"cllm4rec/plugins/internal/baselinetest"
)

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := baselinetest.Beauty(t)
	text := baselinetest.TFIDF(t, split, baselinetest.Golden())
	order, err := features.Shuffle{Shuffled: true, Permutation: evaltest.Shared(t, "beauty-shuffle.txt")}.Order(split.Items.Len())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		params string
		text   *features.Matrix
		rows   []evaltest.Golden
	}{
		{`{"ridge": 100, "pull": 3}`, text, []evaltest.Golden{
			evaltest.PaperRow(contract.PartTest, .2076, .2679, .1365), evaltest.PaperRow(contract.PartValidation, .2081, .2737, .1346)}},
		{`{"ridge": 100, "pull": 100, "prior": "ease", "prior_ridge": 5}`, text, []evaltest.Golden{
			evaltest.PaperRow(contract.PartTest, .2124, .2698, .1350), evaltest.PaperRow(contract.PartValidation, .2104, .2718, .1336)}},
		{`{"ridge": 100, "pull": 100, "prior": "ease", "prior_ridge": 5}`, text.Permuted(order), []evaltest.Golden{
			evaltest.PaperRow(contract.PartTest, .1365, .1775, .0903)}},
	} {
		e := New()
		evaltest.Fit(t, e, c.params, split, baselinetest.Features(c.text)...)
		evaltest.CheckGolden(t, e, split, c.rows...)
	}
}

// The rows of collective EASE are known to .003.
func TestCollectiveRowsOfThePapersBeautySplit(t *testing.T) {
	split := baselinetest.Beauty(t)
	title, all := baselinetest.TFIDF(t, split, baselinetest.ScikitLearn(contract.TextTitle)), baselinetest.TFIDF(t, split, baselinetest.ScikitLearn())
	e := New()
	evaltest.Fit(t, e, `{"ridge": 300, "alpha": 1, "user_weight": 0.5, "popularity": 0.1}`, split, baselinetest.Features(title, all)...)
	near(t, e, split, evaltest.PaperRow(contract.PartTest, .2170, .2842, .1406), .003)
}

func near(t *testing.T, e *TextEASE, split *data.Split, row evaltest.Golden, tolerance float64) {
	t.Helper()
	row.Options.Metrics, _ = eval.ParseMetrics(row.Metrics)
	result, err := eval.Evaluate(t.Context(), e, split, row.Part, row.Options)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range row.Metrics {
		got, _ := result.Mean(name)
		t.Logf("%s %s = %.6f", row.Part, name, got)
		if math.Abs(got-row.Values[i]) > tolerance {
			t.Errorf("%s %s = %.6f, want %.4f to %v", row.Part, name, got, row.Values[i], tolerance)
		}
	}
}

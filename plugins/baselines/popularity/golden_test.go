package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/host"
)

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	p := New()
	evaltest.Fit(t, p, `{}`, split)
	evaltest.CheckGolden(t, p, split,
		evaltest.PaperRow(contract.PartTest, .0407, .0699, .0302),
		evaltest.PaperRow(contract.PartValidation, .0400, .0671, .0304))
}

func TestGoldenNumbersOfLeaveOneOut(t *testing.T) {
	for file, values := range map[string][]float64{
		"Beauty.txt": {.0075, .0041, .0115, .0055, .0203, .0076},
		"LastFM.txt": {.0248, .0135, .0385, .0180, .0606, .0237},
	} {
		split := evaltest.LeaveOneOut(t, file)
		p := New()
		evaltest.Fit(t, p, `{}`, split)
		evaltest.CheckGolden(t, p, split, evaltest.LeaveOneOutRow(values...))
	}
}

func TestGoldenNumbersAcrossAProcess(t *testing.T) {
	split := evaltest.Beauty(t)
	r, err := contracttest.Host(t, host.Options{}, New()).Recommender(t.Context(), "popularity", nil)
	if err != nil {
		t.Fatal(err)
	}
	evaltest.Fit(t, r.Plugin, `{}`, split)
	evaltest.CheckGolden(t, r.Plugin, split, evaltest.PaperRow(contract.PartTest, .0407, .0699, .0302))
}

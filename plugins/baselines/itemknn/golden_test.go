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
	for params, rows := range map[string][]evaltest.Golden{
		`{}`: {
			evaltest.PaperRow(contract.PartTest, .1591, .2063, .1058),
			evaltest.PaperRow(contract.PartValidation, .1611, .2054, .1037),
		},
		`{"similarity": "asymmetric", "alpha": 0.3, "beta": 0.2, "shrink": 3, "user_weight": 0.5}`: {
			evaltest.PaperRow(contract.PartTest, .1733, .2216, .1127),
			evaltest.PaperRow(contract.PartValidation, .1735, .2231, .1115),
		},
		`{"shrink": 10, "neighbours": 100}`: {
			evaltest.PaperRow(contract.PartTest, .1553, .2000, .1042),
			evaltest.PaperRow(contract.PartValidation, .1577, .1984, .1002),
		},
	} {
		k := New()
		evaltest.Fit(t, k, params, split)
		evaltest.CheckGolden(t, k, split, rows...)
	}
}

func TestGoldenNumbersOfLeaveOneOut(t *testing.T) {
	for file, values := range map[string][]float64{
		"Beauty.txt": {.0426, .0291, .0618, .0354, .0886, .0421},
		"LastFM.txt": {.0532, .0322, .0917, .0443, .1431, .0572},
	} {
		split := evaltest.LeaveOneOut(t, file)
		k := New()
		evaltest.Fit(t, k, `{"neighbours": 100, "neighbour_ties": "index"}`, split)
		evaltest.CheckGolden(t, k, split, evaltest.LeaveOneOutRow(values...))
	}
}

func TestGoldenNumbersAcrossAProcess(t *testing.T) {
	split := evaltest.Beauty(t)
	r, err := contracttest.Host(t, host.Options{}, New()).Recommender(t.Context(), "itemknn", nil)
	if err != nil {
		t.Fatal(err)
	}
	evaltest.Fit(t, r.Plugin, `{"neighbours": 100}`, split)
	evaltest.CheckGolden(t, r.Plugin, split, evaltest.PaperRow(contract.PartTest, .1553, .2000, .1042))
}

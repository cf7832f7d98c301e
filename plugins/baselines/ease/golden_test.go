package main

import (
	"os"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/host"
)

func TestGoldenNumbersOfThePapersBeautySplit(t *testing.T) {
	split := evaltest.Beauty(t)
	for params, rows := range map[string][]evaltest.Golden{
		`{"lambda": 100}`: {
			evaltest.PaperRow(contract.PartTest, .1768, .2252, .1153),
			evaltest.PaperRow(contract.PartValidation, .1753, .2233, .1129),
		},
		`{"lambda": 150, "user_weight": 0.5, "popularity": 0.1}`: {
			evaltest.PaperRow(contract.PartTest, .1776, .2288, .1155),
			evaltest.PaperRow(contract.PartValidation, .1774, .2289, .1138),
		},
		`{"lambda": 250}`: {
			evaltest.PaperRow(contract.PartTest, .1760, .2266, .1149),
			evaltest.PaperRow(contract.PartValidation, .1734, .2237, .1119),
		},
		`{"lambda": 500}`: {
			evaltest.PaperRow(contract.PartTest, .1734, .2241, .1132),
			evaltest.PaperRow(contract.PartValidation, .1713, .2216, .1107),
		},
	} {
		e := New()
		evaltest.Fit(t, e, params, split)
		evaltest.CheckGolden(t, e, split, rows...)
	}
}

func TestGoldenNumbersOfLeaveOneOut(t *testing.T) {
	for file, values := range map[string][]float64{
		"Beauty.txt": {.0457, .0298, .0694, .0374, .0969, .0443},
		"LastFM.txt": {.0596, .0414, .0881, .0504, .1376, .0628},
	} {
		t.Run(file, func(t *testing.T) {
			if file == "Beauty.txt" && os.Getenv("CLLM4REC_SLOW") == "" {
				t.Skip("SKIPPED: inverting 12,101 x 12,101 takes minutes; set CLLM4REC_SLOW=1")
			}
			split := evaltest.LeaveOneOut(t, file)
			e := New()
			evaltest.Fit(t, e, `{"lambda": 100}`, split)
			evaltest.CheckGolden(t, e, split, evaltest.LeaveOneOutRow(values...))
		})
	}
}

func TestGoldenNumbersAcrossAProcess(t *testing.T) {
	split := evaltest.Beauty(t)
	r, err := contracttest.Host(t, host.Options{}, New()).Recommender(t.Context(), "ease", nil)
	if err != nil {
		t.Fatal(err)
	}
	evaltest.Fit(t, r.Plugin, `{"lambda": 250}`, split)
	evaltest.CheckGolden(t, r.Plugin, split, evaltest.PaperRow(contract.PartTest, .1760, .2266, .1149))
}

package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func beauty(t testing.TB) *data.Split { return evaltest.LeaveOneOut(t, "Beauty.txt") }

func TestBandOfThePapersBeautySplit(t *testing.T) {
	neuraltest.Reaches(t, New(), evaltest.Beauty, neuraltest.Band{
		Params: `{"order": "shuffled", "mask": 0.5}`, Epochs: 80, Every: 10, Patience: 3,
		Row: evaltest.PaperRow(contract.PartTest, .1126, .1677, .0781),
	})
}

func TestBandOfLeaveOneOut(t *testing.T) {
	row := evaltest.LeaveOneOutRow(.0347, .0170)
	row.Metrics = []string{"hr@10", "ndcg@10"}
	neuraltest.Reaches(t, New(), beauty, neuraltest.Band{
		Params: `{"order": "history", "mask": 0.4}`, Epochs: 100, Every: 10, Patience: 3, Row: row,
	})
}

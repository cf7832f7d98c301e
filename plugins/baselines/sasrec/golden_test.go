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
		Params: `{"order": "shuffled", "dim": 128, "blocks": 1}`, Epochs: 60, Every: 3, Patience: 3,
		Row: evaltest.PaperRow(contract.PartTest, .1546, .2071, .0949),
	})
}

func TestBandOfLeaveOneOut(t *testing.T) {
	row := evaltest.LeaveOneOutRow(.085, .048)
	row.Metrics = []string{"hr@10", "ndcg@10"}
	neuraltest.Reaches(t, New(), beauty, neuraltest.Band{
		Params: `{"order": "history"}`, Epochs: 60, Every: 3, Patience: 3, Row: row,
	})
}

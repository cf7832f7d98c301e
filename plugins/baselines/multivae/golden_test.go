package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/neural/neuraltest"
)

func TestBandOfThePapersBeautySplit(t *testing.T) {
	neuraltest.Reaches(t, New(), evaltest.Beauty, neuraltest.Band{
		Params: `{}`, Epochs: 30, Every: 10, Patience: 3,
		Row: evaltest.PaperRow(contract.PartTest, .1295, .1720, .0835),
	})
}

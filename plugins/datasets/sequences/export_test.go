package main

import (
	"testing"

	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	got := exporttest.Again(t, s, export.Sequences, newDataset())
	exporttest.Same(t, got, exporttest.Copy(s, exporttest.Without{Values: true, Times: true}))
}

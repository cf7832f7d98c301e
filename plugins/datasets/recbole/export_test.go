package main

import (
	"testing"

	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

// Atomic files hold all of a split; texts come back row by row.
func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	got := exporttest.Again(t, s, export.RecBole, newDataset())
	exporttest.Same(t, got, exporttest.RowByRow(s))
	exporttest.Same(t, exporttest.Again(t, got, export.RecBole, newDataset()), got)
}

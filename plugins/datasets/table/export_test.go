package main

import (
	"reflect"
	"testing"

	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

// Parquet tables hold all of a split; texts come back row by row.
func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	got := exporttest.Again(t, s, export.Parquet, newDataset())
	exporttest.Same(t, got, exporttest.RowByRow(s))
	exporttest.Same(t, exporttest.Again(t, got, export.Parquet, newDataset()), got)
	if !reflect.DeepEqual(got.Training.Attributes, s.Training.Attributes) {
		t.Errorf("attributes %+v, want %+v", got.Training.Attributes, s.Training.Attributes)
	}
}

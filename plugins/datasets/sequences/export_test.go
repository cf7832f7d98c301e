package main

import (
	"testing"

	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

// What has no values, times and texts comes back to the same fingerprint.
func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	got := exporttest.Again(t, s, export.Sequences, newDataset())
	exporttest.Same(t, got, exporttest.Copy(s, exporttest.Without{Values: true, Times: true}))
	exporttest.Same(t, exporttest.Again(t, got, export.Sequences, newDataset()), got)
}

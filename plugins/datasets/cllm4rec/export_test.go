package main

import (
	"strconv"
	"testing"

	"cllm4rec/core/data"
	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

// The layout knows indices and no raw ids; data with such ids and without times come
// back to the same fingerprint.
func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	want := exporttest.Copy(s, exporttest.Without{Times: true}, kinds()...)
	want.Users, want.Items = indices(s.Users.Len()), indices(s.Items.Len())
	got := exporttest.Again(t, s, export.CLLM4Rec, newDataset())
	exporttest.Same(t, got, want)
	exporttest.Same(t, exporttest.Again(t, got, export.CLLM4Rec, newDataset()), got)
}

func indices(n int) *data.Vocabulary {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return data.NewVocabulary(ids)
}

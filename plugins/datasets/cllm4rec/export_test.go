package main

import (
	"strconv"
	"testing"

	"cllm4rec/core/data"
	"cllm4rec/core/export"
	"cllm4rec/core/export/exporttest"
)

// The layout knows indices and no raw ids.
func TestAnExportIsReadAgain(t *testing.T) {
	s := exporttest.Split(t)
	want := exporttest.Copy(s, exporttest.Without{Times: true}, kinds()...)
	want.Users, want.Items = indices(s.Users.Len()), indices(s.Items.Len())
	exporttest.Same(t, exporttest.Again(t, s, export.CLLM4Rec, newDataset()), want)
}

func indices(n int) *data.Vocabulary {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return data.NewVocabulary(ids)
}

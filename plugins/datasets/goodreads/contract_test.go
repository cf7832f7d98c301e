package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

// tiny is one of the hand-made files in the format of the official ones; "" is their folder.
func tiny(t testing.TB, name string) string { return formatstest.Testdata(t, "tiny", name) }

// whole are the parameters that read all files of one form, "csv" or "json".
func whole(t testing.TB, form, signal string) map[string]any {
	t.Helper()
	params := map[string]any{
		"path": tiny(t, "goodreads_interactions_dedup.json"), "signal": signal, "reviews": tiny(t, "goodreads_reviews_dedup.json"), "books": tiny(t, "goodreads_books.json"),
		"authors": tiny(t, "goodreads_book_authors.json"), "genres": tiny(t, "goodreads_book_genres_initial.json"), "shelves": 20,
	}
	if form == "csv" {
		params["path"], params["user_ids"], params["book_ids"] = tiny(t, "goodreads_interactions.csv"), tiny(t, "user_id_map.csv"), tiny(t, "book_id_map.csv")
	}
	return params
}

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfTheFormWithMaps(t *testing.T) {
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: formatstest.Params(t, whole(t, "csv", signalShelved)), Sniff: tiny(t, "")})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	goldens := map[string]map[int]string{
		"csv":  {1: "5b1bcd2e9459d15959ebce82f624d1190a7f34df1573783ada4338b1ed0280c9"},
		"json": {1: "14d8128f8b520368584e8d5b6478080bd056225ff1bcea623155a768b2dd684c"},
	}
	for form, goldens := range goldens {
		t.Run(form, func(t *testing.T) {
			contracttest.DatasetGolden(t, newDataset(), formatstest.Params(t, whole(t, form, signalRated)), goldens)
		})
	}
}

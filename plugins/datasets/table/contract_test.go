package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

// tiny is a file of the hand-made sample.
func tiny(t testing.TB, name string) string { return formatstest.Testdata(t, "tiny", name) }

// tinyParams read all of the sample.
func tinyParams(t testing.TB) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"path":%q,"items":{"path":%q,"attributes":{"genres":"set","year":"number","price":"number","publisher":"category"}},"users":{"path":%q,"attributes":{"age":"number","city":"category"}}}`,
		tiny(t, "ratings.csv"), tiny(t, "books.csv"), tiny(t, "readers.tsv")))
}

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfAGivenSplit(t *testing.T) {
	train, test := file(t, "u1.base", base), file(t, "u1.test", "1\t3\t2\t874965800\n")
	params := fmt.Sprintf(`{"train":%q,"test":%q,"items":{"path":%q,"attributes":{"genres":"set"}}}`, train, test, tiny(t, "books.csv"))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: json.RawMessage(params), Sniff: train})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	contracttest.DatasetGolden(t, newDataset(), tinyParams(t), map[int]string{1: "dfcbd10dc99e52b4ada21cc33d0d0c9def4e1e4b1bbb53b435bf452cdb34d33d"})
}

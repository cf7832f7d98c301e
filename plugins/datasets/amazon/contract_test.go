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

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfCompressedReviews(t *testing.T) {
	path := formatstest.File(t, "file.json", formatstest.Zipped(reviews))
	params := fmt.Sprintf(`{"path":%q,"meta":%q,"text":"summary+review"}`, path, formatstest.File(t, "file.json", meta))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: json.RawMessage(params), Whole: true, Sniff: path})
}

func TestContractOfASplit(t *testing.T) {
	params := split2023(t)
	params["meta"], params["reviews"] = tiny(t, "meta_Toys.jsonl"), tiny(t, "Toys.jsonl")
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: formatstest.Params(t, params), Sniff: tiny(t, "Toys.train.csv")})
}

// Every dialect, in one file each.
func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	for name, c := range map[string]struct {
		reviews, meta string
		goldens       map[int]string
	}{
		"2014": {reviews, meta, map[int]string{1: "548c0bde110ea654d429e0c172502f65ef13540a3b84d30bbcc89f13bce2dbd4"}},
		"2018": {reviews2018, meta2018, map[int]string{1: "96bb6791b444bfee3bed36521e8515a6136527408809f6057fe3c6b5d29e4455"}},
		"2023": {reviews2023, meta2023, map[int]string{1: "3ec58d85bf620984808ad8096c813a923aba88481f073168ad74d2428e88b85c"}},
	} {
		t.Run(name, func(t *testing.T) {
			params := fmt.Sprintf(`{"path":%q,"meta":%q,"text":"summary+review"}`, formatstest.File(t, "file.json", c.reviews), formatstest.File(t, "file.json", c.meta))
			contracttest.DatasetGolden(t, newDataset(), json.RawMessage(params), c.goldens)
		})
	}
}

// Every table of ratings.
func TestOtherRowsOfTablesNeedOtherSemantics(t *testing.T) {
	for name, c := range map[string]struct {
		params  string
		goldens map[int]string
	}{
		"2014":  {fmt.Sprintf(`{"path":%q}`, formatstest.File(t, "ratings.csv", ratings2014)), map[int]string{1: "2e974f99cc5989d5427fc212f6e8812a2fcc7e32a61582d6b6fe3f0cb6ca51a3"}},
		"2018":  {fmt.Sprintf(`{"path":%q}`, formatstest.File(t, "ratings.csv", ratings2018)), map[int]string{1: "2e974f99cc5989d5427fc212f6e8812a2fcc7e32a61582d6b6fe3f0cb6ca51a3"}},
		"2023":  {fmt.Sprintf(`{"path":%q,"meta":%q}`, formatstest.File(t, "ratings.csv", ratings2023), formatstest.File(t, "file.json", meta2023)), map[int]string{1: "e5d4a73dc046d63dd4bda5d900c60ebb6390133002fa3751db5d2a262fad9b9c"}},
		"split": {string(formatstest.Params(t, split2023(t))), map[int]string{1: "3abcdd6e878271d4fb83f7cd2a18945d9e621f642cf8a601fabe9b35f7824d35"}},
	} {
		t.Run(name, func(t *testing.T) { contracttest.DatasetGolden(t, newDataset(), json.RawMessage(c.params), c.goldens) })
	}
}

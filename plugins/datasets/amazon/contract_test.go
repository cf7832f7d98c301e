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

func TestContract(t *testing.T) {
	params := fmt.Sprintf(`{"path":%q,"meta":%q,"text":"summary+review"}`, formatstest.File(t, "file.json", formatstest.Zipped(reviews)), formatstest.File(t, "file.json", meta))
	fresh := func() contract.Dataset { return newDataset() }
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(params)})
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

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

// tiny is the folder of hand-made files in the format of the official ones.
func tiny(t testing.TB) string { return formatstest.Testdata(t, "tiny") }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestContractOfAGivenSplit(t *testing.T) {
	dir := splitFolder(t)
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: json.RawMessage(fmt.Sprintf(`{"path":%q}`, dir)), Sniff: dir})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	params := json.RawMessage(fmt.Sprintf(`{"path":%q}`, tiny(t)))
	contracttest.DatasetGolden(t, newDataset(), params, map[int]string{1: "f60a199a61325388e2becaf76e1042025e33863401a2a05bbbc61fefc59b54e4"})
}

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

func fresh() contract.Dataset { return newDataset() }

func TestContractOfWholeHistories(t *testing.T) {
	params := fmt.Sprintf(`{"file":%q,"attributes":%q}`, formatstest.File(t, "file.txt", formatstest.Zipped(histories)), formatstest.File(t, "file.txt", formatstest.Zipped(attributes)))
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(params), Whole: true})
}

func TestContractOfAGivenSplit(t *testing.T) {
	params := fmt.Sprintf(`{"train":%q,"validation":%q,"test":%q,"attributes":%q}`, formatstest.File(t, "file.txt", "0 5 3\n1 4\n"), formatstest.File(t, "file.txt", "0 4\n1\n"), formatstest.File(t, "file.txt", "0 9\n"), formatstest.File(t, "file.txt", attributes))
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(params)})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	params := fmt.Sprintf(`{"file":%q,"attributes":%q}`, formatstest.File(t, "file.txt", histories), formatstest.File(t, "file.txt", attributes))
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(params), map[int]string{1: "32134daaff85a77320a7c119a1df91f8d6c5d6d8994c22d18430956b5f06162f"})
}

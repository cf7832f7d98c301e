package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

// p5 is the folder of hand-made files in P5's layout, or a file of it.
func p5(t testing.TB, name string) string { return formatstest.Testdata(t, "p5", name) }

func TestContractOfWholeHistories(t *testing.T) {
	params := fmt.Sprintf(`{"file":%q,"attributes":%q,"texts":"tags"}`, formatstest.File(t, "file.txt", formatstest.Zipped(histories)), formatstest.File(t, "file.txt", formatstest.Zipped(attributes)))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: json.RawMessage(params), Whole: true, Sniff: formatstest.File(t, "file.txt", "1 7 5 9\n2 5\n")})
}

func TestContractOfAGivenSplit(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"train.txt": "0 5 3\n1 4\n", "valid.txt": "0 4\n1\n", "test.txt": "0 9\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	params := fmt.Sprintf(`{"train":"%s/train.txt","validation":"%s/valid.txt","test":"%s/test.txt","attributes":%q,"texts":"tags"}`, folder, folder, folder, formatstest.File(t, "file.txt", attributes))
	contracttest.DatasetWith(t, newDataset, contract.Check{Params: json.RawMessage(params), Sniff: folder})
}

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	params := fmt.Sprintf(`{"file":%q,"attributes":%q}`, formatstest.File(t, "file.txt", histories), formatstest.File(t, "file.txt", attributes))
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(params), map[int]string{1: "32134daaff85a77320a7c119a1df91f8d6c5d6d8994c22d18430956b5f06162f"})
	params = fmt.Sprintf(`{"file":%q,"maps":%q,"attributes":%q}`, p5(t, "sequential_data.txt"), p5(t, "datamaps.json"), p5(t, "item2attributes.json"))
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(params), map[int]string{1: "1536b739306516b28b5f9a46d85ee54ba89cd51d446efdbd5ab1a8facfd1eed1"})
}

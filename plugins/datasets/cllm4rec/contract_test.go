package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

func TestContract(t *testing.T) {
	path, err := filepath.Abs("testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() contract.Dataset { return newDataset() }
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(fmt.Sprintf(`{"path":%q}`, path)), Sniff: path})
}

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(`{"path":"testdata/tiny", "attributes":[]}`), map[int]string{1: "99408a0711c06c4bc320d674e89878de69d3e2ef1b4225ed53cce9de5c83b02e"})
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(`{"path":"testdata/tiny"}`), map[int]string{1: "217855a8024deb997237613510ab48a111b176d8d7f42c9ea1e6744d96918b8a"})
}

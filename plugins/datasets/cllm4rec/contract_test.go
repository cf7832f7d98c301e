package main

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(`{"path":"testdata/tiny", "attributes":[]}`), map[int]string{1: "99408a0711c06c4bc320d674e89878de69d3e2ef1b4225ed53cce9de5c83b02e"})
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(`{"path":"testdata/tiny"}`), map[int]string{1: "217855a8024deb997237613510ab48a111b176d8d7f42c9ea1e6744d96918b8a"})
}

package main

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

func TestContract(t *testing.T) { contracttest.Dataset(t, newDataset) }

func TestOtherRowsNeedOtherSemantics(t *testing.T) {
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(`{"users":40,"biographies":0.5,"cold":0.3}`), map[int]string{1: "a1b885a00ea696882fe3bb73578596e5859ad6e877fca9689b8cb20710a930e7"})
}

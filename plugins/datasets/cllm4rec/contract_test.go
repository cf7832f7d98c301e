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
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(fmt.Sprintf(`{"path":%q}`, path))})
}

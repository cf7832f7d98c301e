package main

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

func TestContract(t *testing.T) {
	fresh := func() contract.Dataset { return newDataset() }
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(`{"users":40,"biographies":0.5}`)})
}

package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, newDataset()) }

func TestContract(t *testing.T) {
	params := fmt.Sprintf(`{"path":%q,"meta":%q,"text":"summary+review"}`, write(t, zipped(reviews)), write(t, meta))
	fresh := func() contract.Dataset { return newDataset() }
	contracttest.Dataset(t, fresh, contracttest.DatasetOptions{Params: json.RawMessage(params)})
}

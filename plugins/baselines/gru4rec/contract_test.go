package main

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

var params = json.RawMessage(`{"dim": 16, "length": 12, "dropout": 0.1, "batch": 8, "learning_rate": 0.02, "order": "shuffled"}`)

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, contracttest.RecommenderOptions{Params: params, Epochs: 30})
}

// The tolerance leaves room for the rounding of another libtorch.
func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.RecommenderOptions{Params: params, Tolerance: 1e-4})
}

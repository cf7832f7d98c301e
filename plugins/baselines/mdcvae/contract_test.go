package main

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

var params = json.RawMessage(`{"dim": 24, "latent": 8, "hidden": 8, "pull": 0.1, "content_first": 2, "batch": 8, "anneal_steps": 1000, "learning_rate": 0.01}`)

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, contracttest.RecommenderOptions{Params: params, Epochs: 40})
}

// The tolerance leaves room for the rounding of another libtorch.
func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.RecommenderOptions{Params: params, Tolerance: 1e-4})
}

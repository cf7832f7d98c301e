package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

// The order is left out of play, as the suite's histories have none; the suite gives
// features, which need a pull.
func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, contracttest.RecommenderOptions{
		Params: []byte(`{"order": "shuffled", "alpha": 0.7, "recency": 100, "pull": 3}`),
	})
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.RecommenderOptions{
		Params: []byte(`{"order": "shuffled", "alpha": 0.7, "recency": 100}`), InteractionsAlone: true,
	})
}

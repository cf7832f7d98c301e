package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

// options leave the order out of play: the suite's histories have none.
var options = contracttest.RecommenderOptions{Params: []byte(`{"order": "shuffled", "alpha": 0.7, "recency": 100}`)}

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, options)
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), options)
}

package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

var options = contracttest.RecommenderOptions{Params: []byte(`{"dim": 4}`)}

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, options)
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), options)
}

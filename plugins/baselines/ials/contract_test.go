package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

// options of the suite: few dimensions for a small training set.
var options = contracttest.RecommenderOptions{Params: []byte(`{"dim": 6, "rendle": {"alpha0": 0.2, "reg": 0.05, "nu": 1}}`)}

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, options)
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), options)
}

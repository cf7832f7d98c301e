package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) {
	contracttest.Recommender(t, func() contract.Recommender { return New() }, contracttest.RecommenderOptions{NotBetterThanPopularity: "it is random"})
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.RecommenderOptions{NotBetterThanPopularity: "it is random"})
}

package main

import (
	"testing"

	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) { contracttest.Recommender(t, New) }

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.SemanticsOptions{InteractionsAlone: true})
}

package main

import (
	"testing"

	"cllm4rec/core/contract/contracttest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) { contracttest.Recommender(t, New) }

// The numbers were written down without a pull toward features.
func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	contracttest.RecommenderSemantics(t, New(), contracttest.SemanticsOptions{
		Params: []byte(`{"order": "shuffled", "alpha": 0.7, "recency": 100}`), InteractionsAlone: true,
	})
}

package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval/evaltest"
)

// TestUsersHeldOutWholeGetTheNumbersOfNumPy: testdata/strong.py computed them from the
// split data of experiments/ml-100k.yaml alone.
func TestUsersHeldOutWholeGetTheNumbersOfNumPy(t *testing.T) {
	least := 4.0
	split := evaltest.ML100K(t, data.Options{
		Filter: data.Filter{MinValue: &least, KCoreUsers: 5}, Split: data.SplitSpec{Method: data.MethodStrong, Validation: 0.1, Test: 0.1},
	})
	metrics := []string{"recall_min@20", "ndcg@100"}
	e := New()
	evaltest.Fit(t, e, `{"lambda": 500}`, split)
	evaltest.CheckGolden(t, e, split,
		evaltest.Golden{Part: contract.PartValidation, Metrics: metrics, Values: []float64{.4168, .4766}},
		evaltest.Golden{Part: contract.PartTest, Metrics: metrics, Values: []float64{.4104, .4685}},
	)
}

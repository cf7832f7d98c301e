package main

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
)

// gradients are those of one batch under dropout everywhere, adapters included.
func gradients(t *testing.T, more map[string]any) map[string][]float32 {
	t.Helper()
	b := suite.Loaded(t, "small-b", more)
	spec := contract.TowerSpec{Name: "l", Users: 3, Items: 4, InitStd: 0.5, Seed: 1,
		Train: contract.Trainable{Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 2, Alpha: 4, Dropout: 0.3}}}
	if err := b.OpenTower(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	docs := []contract.Document{{Prompt: []int32{47, 5, 9, 50}, Main: []int32{51, 53, 52}}, {Prompt: []int32{48, 50}, Main: []int32{53, 50}},
		{Prompt: []int32{3, 49, 2, 51, 7}, Main: []int32{52, 51, 50, 53}}}
	train := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.DocumentMean, Batch: 3, Rate: 0.1, Dropout: 0.3, Seed: 9}
	if _, err := b.TrainTower(t.Context(), train, lmtest.Stream(docs...), nil); err != nil { // so that no adapter is zero
		t.Fatal(err)
	}
	got, err := b.Gradient(train, docs)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestDropoutDoesNotDependOnHowABatchIsComputed: parts of a batch draw what the
// whole one does, and layers that are computed again draw the same.
func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) {
	if !slices.Contains(lmtest.Kernels(), "packed") {
		t.Skip("SKIPPED: only packed attention draws by row")
	}
	want := gradients(t, nil)
	for key, value := range map[string]any{"micro_batch": 1, "checkpointing": true} {
		got := gradients(t, map[string]any{key: value})
		for name := range want {
			reference := make([]float64, len(want[name]))
			for i, x := range want[name] {
				reference[i] = float64(x)
			}
			if d := lmtest.Distance(got[name], reference); !(d < 1e-4) {
				t.Errorf("%s, gradient of %s: distance %.3g", key, name, d)
			}
		}
	}
}

package lmtest

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

// Dropout checks that what a batch drops does not depend on how it is computed:
// parts of a batch draw what the whole one does, and layers that are computed again
// draw the same. The folder's model has so many words, 8 or more.
func (s Suite) Dropout(t *testing.T, folder string, words int) {
	if !slices.Contains(Kernels(), "packed") {
		t.Skip("SKIPPED: only packed attention draws by row")
	}
	want := s.dropped(t, folder, words, nil)
	for key, value := range map[string]any{"micro_batch": 1, "checkpointing": true} {
		got := s.dropped(t, folder, words, map[string]any{key: value})
		for name := range want {
			reference := make([]float64, len(want[name]))
			for i, x := range want[name] {
				reference[i] = float64(x)
			}
			within(t, key+", gradient of "+name, got[name], reference, 1e-4)
		}
	}
}

// dropped are the gradients of one batch under dropout everywhere, adapters included.
func (s Suite) dropped(t *testing.T, folder string, words int, more map[string]any) map[string][]float32 {
	t.Helper()
	b := s.Loaded(t, folder, more)
	spec := contract.TowerSpec{Name: "l", Users: 3, Items: 4, InitStd: 0.5, Seed: 1,
		Train: contract.Trainable{Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 2, Alpha: 4, Dropout: 0.3}}}
	if err := b.OpenTower(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	user, item := int32(words), int32(words)+3
	docs := []contract.Example{{Prompt: []int32{user, 5, 7, item}, Main: []int32{item + 1, item + 3, item + 2}},
		{Prompt: []int32{user + 1, item}, Main: []int32{item + 3, item}},
		{Prompt: []int32{3, user + 2, 2, item + 1, 7}, Main: []int32{item + 2, item + 1, item, item + 3}}}
	train := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean, Batch: 3, LearningRate: 0.1, Dropout: 0.3, Seed: 9}
	if _, err := b.TrainTower(t.Context(), train, Stream(docs...), nil); err != nil { // so that no adapter is zero
		t.Fatal(err)
	}
	got, err := b.Gradient(train, docs)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

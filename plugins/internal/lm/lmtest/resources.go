package lmtest

import (
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
)

// Resources loads a folder with resources that its parameters contradict: those of
// the host are in effect, and change no loss.
func (s Suite) Resources(t *testing.T, folder string, words int) {
	b := s.New()
	path := filepath.Join("testdata", folder)
	if _, err := b.Configure(t.Context(), Params(t, path, map[string]any{"threads": 2, "attention": "plain", "micro_batch": 1000})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(t.Context()) })
	train := func(r contract.Resources) (contract.ModelInfo, contract.TrainResult) {
		info, err := b.Load(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: someUsers, Items: someItems, InitStd: 0.1, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		spec := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 3, LearningRate: 1e-2}
		result, err := b.TrainTower(t.Context(), spec, Stream(histories(words)...), nil)
		if err != nil {
			t.Fatal(err)
		}
		return info, result
	}
	own, before := train(contract.Resources{})
	given, after := train(contract.Resources{Threads: 1, MicroBatch: 1})
	if own.Threads != 2 || given.Threads != 1 || before.MicroBatches != 1 || after.MicroBatches != 3 {
		t.Errorf("%d threads and %d micro-batches by the parameters, %d and %d by the host; expected 2, 1 and 1, 3",
			own.Threads, before.MicroBatches, given.Threads, after.MicroBatches)
	}
	within(t, "loss", []float32{float32(after.Loss)}, []float64{before.Loss}, 1e-5)
	_, err := b.Load(t.Context(), contract.Resources{Attention: "none"}, nil)
	if err == nil || !contract.IsBadInput(err) {
		t.Errorf("a kernel that is not known: %v", err)
	}
}

package lmtest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
)

// Leaks trains ten thousand steps, with every kind of prior and with dropout, and
// compares the resident memory after the first thousand and after all.
func (s Suite) Leaks(t *testing.T, folder string, words int) {
	if testing.Short() {
		t.Skip("ten thousand steps are not short")
	}
	b := s.Loaded(t, folder, nil)
	for _, name := range []string{"l", "c"} {
		if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: name, Users: 20, Items: 30, InitStd: 0.02, Seed: 3}); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	some(t, b, rng, words, 1000)
	before, handles := resident(t), b.Live()
	some(t, b, rng, words, 9000)
	if b.Live() != handles {
		t.Errorf("%d tensors alive after 1,000 steps, %d after 10,000", handles, b.Live())
	}
	if grown := resident(t) - before; grown > 8<<20 {
		t.Errorf("resident memory grew by %d bytes", grown)
	}
}

// some takes so many steps of two short documents.
func some(t *testing.T, b *lm.Backbone, rng *rand.Rand, words, steps int) {
	spec := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 2,
		LearningRate: 1e-3, Dropout: 0.1, Priors: []contract.Prior{{Toward: "c", Coefficient: 0.5, Reduction: contract.ExampleMean},
			{Coefficient: 0.1, Reduction: contract.BatchSum}}}
	docs := make([]contract.Example, 2*steps)
	for i := range docs {
		docs[i].Prompt = []int32{int32(words + rng.IntN(20)), 7}
		for range 1 + rng.IntN(8) {
			docs[i].Main = append(docs[i].Main, int32(words+20+rng.IntN(30)))
		}
	}
	if got, err := b.TrainTower(t.Context(), spec, Stream(docs...), nil); err != nil || got.Steps != int64(steps) {
		t.Fatalf("%d steps, error %v", got.Steps, err)
	}
}

// resident is the process's RSS in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here: memory is not measured")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// TestThousandsOfStepsKeepMemoryFlat trains, with every kind of prior and with
// dropout, and compares the resident memory after 200 and after 2,000 steps.
func TestThousandsOfStepsKeepMemoryFlat(t *testing.T) {
	p := loaded(t, "small-b", "auto")
	for _, name := range []string{"l", "c"} {
		if err := p.OpenTower(t.Context(), contract.TowerSpec{Name: name, Users: 20, Items: 30, InitStd: 0.02, Seed: 3}); err != nil {
			t.Fatal(err)
		}
	}
	spec := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.DocumentMean, PredictFirst: true, Batch: 2,
		Rate: 1e-3, Dropout: 0.1, Priors: []contract.Prior{{Toward: "c", Coefficient: 0.5, Reduction: contract.DocumentMean},
			{Coefficient: 0.1, Reduction: contract.BatchSum}}}
	rng := rand.New(rand.NewPCG(1, 2))
	train := func(steps int) {
		docs := make([]contract.Document, 2*steps)
		for i := range docs {
			docs[i].Prompt = []int32{int32(53 + rng.IntN(20)), 7}
			for range 1 + rng.IntN(8) {
				docs[i].Main = append(docs[i].Main, int32(73+rng.IntN(30)))
			}
		}
		if got, err := p.TrainTower(t.Context(), spec, stream(docs...), nil); err != nil || got.Steps != int64(steps) {
			t.Fatalf("%d steps, error %v", got.Steps, err)
		}
	}
	train(200)
	before, handles := resident(t), p.Live()
	train(1800)
	if p.Live() != handles {
		t.Errorf("%d tensors alive after 200 steps, %d after 2,000", handles, p.Live())
	}
	if grown := resident(t) - before; grown > 8<<20 {
		t.Errorf("resident memory grew by %d bytes", grown)
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

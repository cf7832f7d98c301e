package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
)

// BenchmarkStep is one step at the size of Gowalla: 29,858 users, 40,981 items,
// 810,128 interactions.
func BenchmarkStep(b *testing.B) {
	const users, items, each = 29858, 40981, 27
	r := New()
	if _, err := r.Configure(b.Context(), []byte(`{}`)); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close(b.Context()) }()
	draws := neural.NewDraws(1)
	chunk := &contract.TrainChunk{}
	for u := range users {
		seen := map[int32]bool{}
		for len(seen) < each {
			item := int32(float64(items) * draws.Float64() * draws.Float64())
			if !seen[item] {
				chunk.Users, chunk.Items = append(chunk.Users, int32(u)), append(chunk.Items, item)
				seen[item] = true
			}
		}
	}
	train := func(yield func(*contract.TrainChunk, error) bool) { yield(chunk, nil) }
	if err := r.Begin(b.Context(), contract.FitSpec{Users: users, Items: items, Seed: 1}, train); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := r.Gradient(contract.EpochSpec{Number: 1, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

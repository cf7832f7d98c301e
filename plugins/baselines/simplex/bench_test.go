package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
)

// BenchmarkGradient is the way there and back of one step of 1,024 interactions with
// 100 drawn items each, at the size of Gowalla.
func BenchmarkGradient(b *testing.B) {
	const users, items, each = 29858, 40981, 27
	r := New()
	if _, err := r.Configure(b.Context(), []byte(`{}`)); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close(b.Context()) }()
	draws, chunk := neural.NewDraws(1), &contract.TrainChunk{}
	for u := range users {
		first := draws.Below(items)
		for k := range each {
			chunk.Users, chunk.Items = append(chunk.Users, int32(u)), append(chunk.Items, int32((first+k*k)%items))
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

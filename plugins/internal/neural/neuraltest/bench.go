package neuraltest

import (
	"context"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Epochs measures epochs over the paper's Beauty split, beside plain PyTorch on as many
// threads: testdata/peer.py prints the seconds of an epoch with the same sizes, after
// one that is not counted. Its arguments follow the users, the items and the threads.
func Epochs(b *testing.B, r Recommender, params string, arguments ...any) {
	split := evaltest.Beauty(b)
	rows, threads := split.Training.Interactions, linalg.Threads(0)
	if _, err := r.Configure(b.Context(), []byte(params)); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close(context.Background()) }()
	spec := contract.FitSpec{Users: rows.Users, Items: rows.Items, Seed: 1, Resources: contract.Resources{Threads: threads, Device: device()}}
	check(b, r.Begin(b.Context(), spec, evaltest.Train(rows, 10000)))
	epoch := func(n int) time.Duration {
		start := time.Now()
		_, err := r.Epoch(b.Context(), contract.EpochSpec{Number: n, Seed: uint64(n)}, nil)
		check(b, err)
		return time.Since(start)
	}
	epoch(1)
	var best time.Duration
	for n := 2; b.Loop(); n++ {
		if took := epoch(n); best == 0 || took < best {
			best = took
		}
	}
	b.ReportMetric(best.Seconds(), "s/epoch")
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	arguments = append([]any{x.Rows, x.Cols, threads}, arguments...)
	if theirs, ok := peertest.Seconds(b, "torch", x, arguments...); ok {
		b.ReportMetric(best.Seconds()/theirs, "x-pytorch")
	}
}

// StepAtGowalla times the way there and back of the first step of an epoch, at the size of
// Gowalla: 29,858 users with 27 of 40,981 items each, of which few are common.
func StepAtGowalla(b *testing.B, r Recommender) {
	const users, items, each = 29858, 40981, 27
	if _, err := r.Configure(b.Context(), []byte(`{}`)); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close(b.Context()) }()
	draws, chunk := neural.NewDraws(1), &contract.TrainChunk{}
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

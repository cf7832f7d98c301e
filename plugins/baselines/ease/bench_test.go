package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// BenchmarkFit solves for 2,000 items and 20,000 users of 9 items each, beside
// the inversion alone (dpotrf, dpotri) of a matrix of that size.
func BenchmarkFit(b *testing.B) {
	const users, items = 20000, 2000
	x := history(users, items, 9)
	threads := linalg.Threads(0)
	var floor time.Duration
	for b.Loop() {
		b.StopTimer()
		floor += inversion(b, x, threads)
		b.StartTimer()
		if _, err := solve(b.Context(), &baseline.Data{X: x}, baseline.Work[Params]{Params: Params{Lambda: 100}, Threads: threads}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/floor.Seconds(), "x-lapack")
}

// inversion times InvertSPD on the same matrix.
func inversion(b *testing.B, x *linalg.CSR, threads int) time.Duration {
	m := make([]float64, x.Cols*x.Cols)
	if err := linalg.Gram(b.Context(), x, m, threads); err != nil {
		b.Fatal(err)
	}
	for i := range x.Cols {
		m[i*x.Cols+i] += 100
	}
	lapack.SetThreads(threads)
	start := time.Now()
	if err := lapack.InvertSPD(m, x.Cols); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func history(users, items, length int) *linalg.CSR {
	rng := rand.New(rand.NewPCG(1, 2))
	x := &linalg.CSR{Rows: users, Cols: items, Ptr: []int{0}}
	for range users {
		for i := range length {
			x.Index = append(x.Index, int32(i*items/length+rng.IntN(items/length)))
		}
		x.Ptr = append(x.Ptr, len(x.Index))
	}
	return x
}

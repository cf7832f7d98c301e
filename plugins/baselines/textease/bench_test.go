package main

import (
	"testing"
	"time"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baselinetest"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// BenchmarkFit solves the paper's Beauty split with an EASE prior, beside its floor: two
// inversions of a matrix of that size and one product.
func BenchmarkFit(b *testing.B) {
	split := baselinetest.Beauty(b)
	text := baselinetest.Features(baselinetest.TFIDF(b, split, baselinetest.Golden()))
	e := New()
	for b.Loop() {
		evaltest.Fit(b, e, `{"pull": 100, "prior": "ease"}`, split, text...)
	}
	b.StopTimer()
	ours := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(ours/floor(b, split.Items.Len()).Seconds(), "x-lapack")
}

func floor(b *testing.B, n int) time.Duration {
	if err := baseline.RoomForItemMatrix("the floor", n, 3); err != nil {
		b.Fatal(err)
	}
	p, c, product := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	addDiagonal(p, n, 2)
	addDiagonal(c, n, 3)
	lapack.SetThreads(linalg.Threads(0))
	start := time.Now()
	for _, m := range [][]float64{p, c} {
		if err := lapack.InvertSPD(m, n); err != nil {
			b.Fatal(err)
		}
	}
	lapack.Gemm(1, lapack.Dense(n, n, p), false, lapack.Dense(n, n, c), false, 0, lapack.Dense(n, n, product))
	return time.Since(start)
}

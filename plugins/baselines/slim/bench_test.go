package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit solves for all items of the paper's Beauty split on one thread, beside
// scikit-learn's ElasticNet on some of them (PEER_PYTHON), scaled up. Floor: a weight
// that moves costs two operations for every entry of its row of the Gram matrix.
func BenchmarkFit(b *testing.B) {
	rows := evaltest.Beauty(b).Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{L1: .2, L2: 100, Tolerance: 1e-4, Sweeps: 1000}
	for b.Loop() {
		if _, err := solve(b.Context(), x, baseline.Work[Params]{Params: p, Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "sklearn", x, x.Rows, x.Cols, p.L1, p.L2, 200); ok {
		b.ReportMetric(ours/theirs, "x-sklearn")
	}
}

package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit finds 192 singular vectors of the paper's Beauty split on one thread,
// beside SciPy's svds (PEER_PYTHON). Floor: a basis of k vectors over n items costs
// 4 n k^2 operations to keep orthogonal.
func BenchmarkFit(b *testing.B) {
	rows := evaltest.Beauty(b).Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{Dim: 192, Weight: .5}
	for b.Loop() {
		if _, err := newFilter(b.Context(), x, baseline.Work[Params]{Params: p, Seed: 1, Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "scipy", x, x.Rows, x.Cols, p.Dim); ok {
		b.ReportMetric(ours/theirs, "x-scipy")
	}
}

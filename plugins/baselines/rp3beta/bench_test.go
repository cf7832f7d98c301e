package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit computes the walks between all items of the paper's Beauty split on one
// thread, beside SciPy's sparse products (PEER_PYTHON). Floor: one multiplication and
// addition for every pair of items of every history.
func BenchmarkFit(b *testing.B) {
	rows := evaltest.Beauty(b).Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{Alpha: .6, Beta: .3}
	for b.Loop() {
		if _, err := walk(b.Context(), x, baseline.Work[Params]{Params: p, Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "scipy", x, x.Rows, x.Cols, p.Alpha, p.Beta); ok {
		b.ReportMetric(ours/theirs, "x-scipy")
	}
}

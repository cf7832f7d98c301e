package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit solves for the weights of leave-one-out LastFM on one thread, beside
// NumPy and SciPy (PEER_PYTHON). Floor: a Cholesky factorisation, a solve and an inversion,
// 3 n^3 multiplications and additions for n items.
func BenchmarkFit(b *testing.B) {
	rows := evaltest.LeaveOneOut(b, "LastFM.txt").Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{Lambda: 100, Alpha: .5, Decay: 5}
	for b.Loop() {
		if _, err := solve(b.Context(), x, nil, baseline.Work[Params]{Params: p, Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "scipy", x, x.Rows, x.Cols, p.Lambda, p.Alpha, p.Decay); ok {
		b.ReportMetric(ours/theirs, "x-numpy")
	}
}

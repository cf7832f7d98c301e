package main

import (
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit finds 100 neighbours of every item of the paper's Beauty split, beside the
// package implicit on as many threads (PEER_PYTHON). Floor: one addition for every pair
// of items of every history.
func BenchmarkFit(b *testing.B) {
	rows, threads := evaltest.Beauty(b).Training.Interactions, linalg.Threads(0)
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{Neighbours: 100, NeighbourTies: neighbours.TiesIndex, Similarity: "cosine", FeatureWeighting: "none"}
	for b.Loop() {
		if _, err := findNeighbours(b.Context(), x, baseline.Work[Params]{Params: p, Threads: threads}); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "implicit", x, x.Rows, x.Cols, p.Neighbours, threads); ok {
		b.ReportMetric(ours/theirs, "x-implicit")
	}
}

package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkRank ranks 100 items for every user of the paper's Beauty split from 500
// neighbours on one thread, beside SciPy's sparse products and NumPy's partitions
// (PEER_PYTHON). Floor: the counts of a history's items and the lengths of the
// neighbours' rows, one addition each.
func BenchmarkRank(b *testing.B) {
	rows := evaltest.Beauty(b).Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	p := Params{Neighbours: 500, Shrink: 10, Similarity: "cosine", FeatureWeighting: "none"}
	queries := make([]contract.Query, x.Rows)
	for u := range queries {
		queries[u] = contract.Query{User: int32(u), History: x.Row(u), K: 100}
	}
	for b.Loop() {
		if _, err := newUsers(x, p).Rank(b.Context(), contract.RankSpec{}, queries, 1); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed().Seconds() / float64(b.N)
	if theirs, ok := peertest.Seconds(b, "scipy", x, x.Rows, x.Cols, p.Neighbours, p.Shrink); ok {
		b.ReportMetric(ours/theirs, "x-scipy")
	}
}

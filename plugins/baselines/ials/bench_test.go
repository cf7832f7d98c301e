package main

import (
	"fmt"
	"testing"

	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/peertest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// BenchmarkFit factorises the paper's Beauty split in four sweeps, beside the package
// implicit on as many threads (PEER_PYTHON). Floor: a step of conjugate gradients
// costs 2 dim^2 operations a row in one product and 4 dim an observed pair, both sides.
func BenchmarkFit(b *testing.B) {
	split, threads := evaltest.Beauty(b), linalg.Threads(0)
	rows := split.Training.Interactions
	x := &linalg.CSR{Rows: rows.Users, Cols: rows.Items, Ptr: rows.Ptr, Index: rows.Item}
	for _, solver := range []string{solverCG, solverExact, solverBlock} {
		for _, dim := range []int{64, 128} {
			b.Run(fmt.Sprintf("%s/dim=%d", solver, dim), func(b *testing.B) {
				p := Params{Dim: dim, Sweeps: 4, Solver: solver, Steps: 3, Block: 64, Init: .1, Implicit: &Implicit{Alpha: 80, Reg: 220}}
				for b.Loop() {
					if _, err := factorise(b.Context(), x, x.Rows, baseline.Work[Params]{Params: p, Seed: 1, Threads: threads}); err != nil {
						b.Fatal(err)
					}
				}
				ours := b.Elapsed().Seconds() / float64(b.N)
				if theirs, ok := peertest.Seconds(b, "implicit", x, x.Rows, x.Cols, dim, p.Sweeps, threads); ok {
					b.ReportMetric(ours/theirs, "x-implicit")
				}
			})
		}
	}
}

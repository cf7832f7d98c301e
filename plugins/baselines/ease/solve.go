package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// solve computes P = (X'X + lambda I)^-1 and B = -P / diag(P), column by column,
// with a zero diagonal (Steck 2019, eq. 8), all in one matrix.
func solve(ctx context.Context, x *linalg.CSR, lambda float64, threads int, progress contract.OnProgress) ([]float64, error) {
	n := x.Cols
	if err := baseline.RoomForItemMatrix("EASE", n, 1); err != nil {
		return nil, err
	}
	m := make([]float64, n*n)
	report := func(done int64) {
		progress.Report(contract.Progress{Stage: "fit", Done: done, Total: 3, Unit: "step"})
	}
	report(0)
	if err := linalg.Gram(ctx, x, m, threads); err != nil {
		return nil, err
	}
	for i := range n {
		m[i*n+i] += lambda
	}
	report(1)
	lapack.SetThreads(threads)
	if err := lapack.InvertSPD(m, n); err != nil {
		return nil, err
	}
	report(2)
	if err := toWeights(ctx, m, n, threads); err != nil {
		return nil, err
	}
	report(3)
	return m, nil
}

// toWeights turns P into B in place.
func toWeights(ctx context.Context, m []float64, n, threads int) error {
	scale := make([]float64, n)
	for j := range scale {
		scale[j] = -1 / m[j*n+j]
	}
	return linalg.Parallel(ctx, n, 32, threads, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			row := m[i*n : (i+1)*n]
			for j := range row {
				row[j] *= scale[j]
			}
			row[i] = 0
		}
		return nil
	})
}

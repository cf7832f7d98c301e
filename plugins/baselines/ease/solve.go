package main

import (
	"context"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// solve computes P = (G + L)^-1 and B = I - P diag(k), column by column, all in one
// matrix (Steck 2019, eq. 8; 2020; Moon et al. 2023). L is diagonal; see ridge and caps.
func solve(ctx context.Context, data *baseline.Data, p Params, threads int, progress contract.OnProgress) ([]float64, error) {
	n := data.X.Cols
	if err := baseline.RoomForItemMatrix("EASE", n, 1); err != nil {
		return nil, err
	}
	m := make([]float64, n*n)
	report := func(done int64) {
		progress.Report(contract.Progress{Stage: "fit", Done: done, Total: 3, Unit: "step"})
	}
	report(0)
	if err := gram(ctx, data, p.UserWeight, m, threads); err != nil {
		return nil, err
	}
	ridge := addRidge(m, n, p)
	report(1)
	lapack.SetThreads(threads)
	if err := lapack.InvertSPD(m, n); err != nil {
		return nil, err
	}
	report(2)
	if err := toWeights(ctx, m, ridge, data.X.ColumnCounts(), p, threads); err != nil {
		return nil, err
	}
	report(3)
	return m, nil
}

// gram fills m with G = c X' diag(n_u^-a) X + S'S, where c keeps the trace of X'X and S
// are the side interactions.
func gram(ctx context.Context, data *baseline.Data, a float64, m []float64, threads int) error {
	if err := linalg.Gram(ctx, baseline.DampUsers(data.X, a), m, threads); err != nil {
		return err
	}
	if a != 0 {
		keepTrace(m, data.X)
	}
	if data.Side == nil {
		return nil
	}
	return linalg.Gram(ctx, data.Side, m, threads)
}

// keepTrace multiplies m by what makes its trace the number of interactions.
func keepTrace(m []float64, x *linalg.CSR) {
	trace := 0.0
	for i := range x.Cols {
		trace += m[i*x.Cols+i]
	}
	if trace == 0 {
		return
	}
	c := float64(x.NNZ()) / trace
	for i := range m {
		m[i] *= c
	}
}

// addRidge adds L to the diagonal of G and returns it: lambda + p/(1-p) g_jj.
func addRidge(m []float64, n int, p Params) []float64 {
	ridge := make([]float64, n)
	for j := range ridge {
		ridge[j] = p.Lambda + p.Dropout/(1-p.Dropout)*m[j*n+j]
		m[j*n+j] += ridge[j]
	}
	return ridge
}

// toWeights turns P into B in place, and multiplies column j by count_j^popularity.
func toWeights(ctx context.Context, m, ridge []float64, counts []int, p Params, threads int) error {
	n := len(ridge)
	scale, diagonal := make([]float64, n), make([]float64, n)
	for j := range scale {
		k, own := caps(m[j*n+j], ridge[j], p.Diagonal)
		factor := popularity(counts[j], p.Popularity)
		scale[j], diagonal[j] = -k*factor, own*factor
	}
	return linalg.Parallel(ctx, n, 32, threads, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			row := m[i*n : (i+1)*n]
			for j := range row {
				row[j] *= scale[j]
			}
			row[i] = diagonal[i]
		}
		return nil
	})
}

// caps gives k_j and B_jj = 1 - P_jj k_j: without a constraint k_j would be L_j; where
// B_jj would then be above the cap, it is the cap (Moon et al. 2023).
func caps(p, ridge, cap float64) (k, own float64) {
	if own = 1 - p*ridge; own > cap {
		return (1 - cap) / p, cap
	}
	return ridge, own
}

// popularity is count^exponent; an item that nobody has keeps its scores, which are
// zero without side interactions.
func popularity(count int, exponent float64) float64 {
	if count == 0 {
		return 1
	}
	return math.Pow(float64(count), exponent)
}

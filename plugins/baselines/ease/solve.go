package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// solve computes P = (G + L)^-1 and B = I - P diag(k), column by column, all in one
// matrix (Steck 2019, eq. 8; 2020; Moon et al. 2023). L is diagonal; see ridge and caps.
func solve(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*baseline.LinearModel, error) {
	n, p, threads := data.X.Cols, w.Params, w.Threads
	if err := baseline.RoomForItemMatrix("EASE", n, 1); err != nil {
		return nil, err
	}
	m := make([]float64, n*n)
	report := func(done int64) {
		w.Progress.Report(contract.Progress{Stage: "fit", Done: done, Total: 3, Unit: "step"})
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
	own := diagonal(m, n)
	if err := toWeights(ctx, m, ridge, data.X.ColumnCounts(), p, threads); err != nil {
		return nil, err
	}
	report(3)
	return withoutUsers(&baseline.ItemWeights{Items: n, Values: m}, own, data, p), nil
}

// withoutUsers adds to weights what it takes to leave a user out: P_jj.
func withoutUsers(weights *baseline.ItemWeights, own []float64, data *baseline.Data, p Params) *baseline.LinearModel {
	if p.Dropout > 0 || p.Diagonal > 0 {
		return &baseline.LinearModel{ItemWeights: weights, Why: contract.Errorf(contract.ErrUnsupported,
			"ease leaves a user out in closed form only with dropout 0 and diagonal 0, and they are %v and %v", p.Dropout, p.Diagonal)}
	}
	return &baseline.LinearModel{ItemWeights: weights, LeaveOut: &baseline.LeaveOut{
		Weights: weights, Own: own, Factors: baseline.PopularityFactors(data.X.ColumnCounts(), p.Popularity), Users: baseline.WeightedUsers(data.X, p.UserWeight),
	}}
}

// diagonal is a copy of that of m [n x n].
func diagonal(m []float64, n int) []float64 {
	out := make([]float64, n)
	for j := range out {
		out[j] = m[j*n+j]
	}
	return out
}

// gram fills m with G = c X' diag(n_u^-a) X + S'S, where c keeps the trace of X'X and S
// are the side interactions.
func gram(ctx context.Context, data *baseline.Data, a float64, m []float64, threads int) error {
	if err := baseline.DampedGram(ctx, data.X, a, m, threads); err != nil || data.Side == nil {
		return err
	}
	return linalg.Gram(ctx, data.Side, m, threads)
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
	scale, diagonal, factors := make([]float64, n), make([]float64, n), baseline.PopularityFactors(counts, p.Popularity)
	for j := range scale {
		k, own := caps(m[j*n+j], ridge[j], p.Diagonal)
		scale[j], diagonal[j] = -k*factors[j], own*factors[j]
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

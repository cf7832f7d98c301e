package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// solver computes B from n items.
type solver struct {
	Params
	x        *linalg.CSR // [users x items], binary
	features []*baseline.Features
	n        int
	own      []float64 // P_jj, after solve
	threads  int
	progress contract.OnProgress
	done     int64
}

// solve computes, with K the cosines of the features, d the mean count of an item, and
// U the diagonal matrix of the users' weights n_u^-user_weight, scaled so that the
// trace of X'UX is that of X'X:
//
//	P = (X'UX + alpha d K + ridge I)^-1
//	B = I + pull P C - P diag(g),   g_j = (1 + pull (P C)_jj) / P_jj
//
// the minimum of |X-XB|^2 + (ridge-pull) |B|^2 + pull |B-C|^2 with a zero diagonal, where
// X has the rows of U and alpha d K as well. Columns are then multiplied by
// count_j^popularity.
func (s *solver) solve(ctx context.Context) ([]float64, error) {
	if err := baseline.RoomForItemMatrix("textease", s.n, 2); err != nil {
		return nil, err
	}
	lapack.SetThreads(s.threads)
	s.step()
	k, err := s.kernel(ctx) // [items x items]
	if err != nil {
		return nil, err
	}
	s.step()
	p := make([]float64, s.n*s.n) // [items x items]
	if err := baseline.DampedGram(ctx, s.x, s.User, p, s.threads); err != nil {
		return nil, err
	}
	if s.Alpha > 0 {
		weight := s.Alpha * float64(s.x.NNZ()) / float64(s.n)
		for i, v := range k {
			p[i] += weight * v
		}
	}
	addDiagonal(p, s.n, s.Ridge)
	s.step()
	if err := lapack.InvertSPD(p, s.n); err != nil {
		return nil, err
	}
	s.step()
	s.own = make([]float64, s.n)
	for j := range s.own {
		s.own[j] = p[j*s.n+j]
	}
	if err := s.toPrior(k); err != nil {
		return nil, err
	}
	s.step()
	if err := s.toWeights(ctx, p, k); err != nil {
		return nil, err
	}
	s.step()
	return p, nil
}

// step tells how far the work is.
func (s *solver) step() {
	s.progress.Report(contract.Progress{Stage: "fit", Done: s.done, Total: 5, Unit: "step"})
	s.done++
}

// kernel is K [items x items].
func (s *solver) kernel(ctx context.Context) ([]float64, error) {
	k := make([]float64, s.n*s.n)
	return k, baseline.AddCosines(ctx, s.features, s.Shares, k, s.threads)
}

// toPrior turns K into C in place.
func (s *solver) toPrior(k []float64) error {
	if s.Pull == 0 {
		return nil
	}
	if s.Prior == priorEASE {
		addDiagonal(k, s.n, s.PriorRidge)
		if err := lapack.InvertSPD(k, s.n); err != nil {
			return err
		}
		scale := make([]float64, s.n)
		for j := range scale {
			scale[j] = -1 / k[j*s.n+j]
		}
		for i := range s.n {
			for j := range s.n {
				k[i*s.n+j] *= scale[j]
			}
		}
	}
	for i := range s.n {
		k[i*s.n+i] = 0
	}
	return nil
}

// blockRows is how many rows of B are made at a time.
const blockRows = 256

// toWeights turns P into B in place; c is C.
func (s *solver) toWeights(ctx context.Context, p, c []float64) error {
	g, popular := s.diagonal(p, c), baseline.PopularityFactors(s.x.ColumnCounts(), s.Popularity)
	before, product := make([]float64, blockRows*s.n), make([]float64, blockRows*s.n)
	for lo := 0; lo < s.n; lo += blockRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := min(blockRows, s.n-lo)
		block, was := p[lo*s.n:(lo+rows)*s.n], before[:rows*s.n]
		copy(was, block)
		if s.Pull > 0 {
			lapack.Gemm(1, lapack.Dense(rows, s.n, was), false, lapack.Dense(s.n, s.n, c), false, 0, lapack.Dense(rows, s.n, product[:rows*s.n]))
		}
		for i := range rows {
			for j := range s.n {
				at := i*s.n + j
				block[at] = (s.Pull*product[at] - was[at]*g[j]) * popular[j]
			}
			block[i*s.n+lo+i] = 0
		}
	}
	return nil
}

// diagonal is g.
func (s *solver) diagonal(p, c []float64) []float64 {
	g := make([]float64, s.n) // first (P C)_jj; P is symmetric
	if s.Pull > 0 {
		for i := range s.n {
			for j := range s.n {
				g[j] += p[i*s.n+j] * c[i*s.n+j]
			}
		}
	}
	for j := range g {
		g[j] = (1 + s.Pull*g[j]) / p[j*s.n+j]
	}
	return g
}

func addDiagonal(m []float64, n int, value float64) {
	for i := range n {
		m[i*n+i] += value
	}
}

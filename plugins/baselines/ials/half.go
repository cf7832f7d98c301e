package main

import (
	"context"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

type mat = lapack.Mat[float32]

// blockRows is how many rows a thread solves for at once.
const blockRows = 32

// half is one side of the alternation: the vectors x of the rows of pairs are solved
// for while the vectors y of its columns stand still.
type half struct {
	pairs   *linalg.CSR // [n x m]
	x, y    mat         // [n x dim], [m x dim]
	reg     []float32   // [n]
	weights weighting
}

// solver solves for the rows lo..hi-1 of x.
type solver interface {
	rows(h *half, s *scratch, lo, hi int) error
}

// sweep solves for all rows of x; one without observed pairs becomes zero.
func (h *half) sweep(ctx context.Context, p Params, threads int) error {
	for r := range h.x.Rows {
		if len(h.pairs.Row(r)) == 0 {
			clear(vector(h.x, r))
		}
	}
	how, err := h.solver(ctx, p, threads)
	if err != nil {
		return err
	}
	room := make([]scratch, threads)
	return linalg.Parallel(ctx, h.x.Rows, blockRows, threads, func(worker, lo, hi int) error {
		return how.rows(h, &room[worker], lo, hi)
	})
}

func (h *half) solver(ctx context.Context, p Params, threads int) (solver, error) {
	switch p.Solver {
	case solverExact:
		return newExact(ctx, h.y, h.weights, threads)
	case solverBlock:
		return newBlocks(ctx, h.y, h.weights, p.Block, threads)
	}
	gram, err := gramOf(ctx, h.y, threads)
	if err != nil {
		return nil, err
	}
	scaled := lapack.Dense(h.y.Cols, h.y.Cols, make([]float32, len(gram)))
	for i, v := range gram {
		scaled.Data[i] = float32(h.weights.base * v)
	}
	return &cg{gram: scaled, steps: p.Steps}, nil
}

// scratch is one thread's room.
type scratch struct {
	gathered, scaled    []float32    // [row length x dim]
	extra, pull, scores []float32    // [row length]
	inner               []float32    // [dim]
	square, vector      []float32    // [dim x dim], [dim]
	blocks              [3][]float32 // [blockRows x dim]
}

// room is v with n values, which are left from before.
func room(v *[]float32, n int) []float32 {
	if cap(*v) < n {
		*v = make([]float32, n)
	}
	return (*v)[:n]
}

// zeros is v with n zeros.
func zeros(v *[]float32, n int) []float32 {
	out := room(v, n)
	clear(out)
	return out
}

// gather copies the rows of y for these columns: [len(columns) x dim].
func (s *scratch) gather(y mat, columns []int32) mat {
	dim := y.Cols
	out := room(&s.gathered, len(columns)*dim)
	for k, c := range columns {
		copy(out[k*dim:(k+1)*dim], y.Data[int(c)*y.Stride:])
	}
	return lapack.Dense(len(columns), dim, out)
}

// weigh gives extra and pull of a row's observed pairs; nil values mean ones.
func (s *scratch) weigh(o weighting, n int, values []float32) (extra, pull []float32) {
	extra, pull = room(&s.extra, n), room(&s.pull, n)
	for k := range n {
		w := float32(1)
		if values != nil {
			w = values[k]
		}
		extra[k], pull[k] = o.of(w)
	}
	return extra, pull
}

// addSquare adds y' diag(extra) y to the upper triangle of c; y is [n x k].
func (s *scratch) addSquare(y mat, extra []float32, c mat) {
	for _, sign := range []float32{1, -1} {
		scaled, n := room(&s.scaled, y.Rows*y.Cols), 0
		for k, e := range extra {
			if e*sign <= 0 {
				continue
			}
			root := float32(math.Sqrt(float64(e * sign)))
			to := scaled[n*y.Cols : (n+1)*y.Cols]
			for i, v := range y.Data[k*y.Stride : k*y.Stride+y.Cols] {
				to[i] = root * v
			}
			n++
		}
		if n > 0 {
			lapack.Syrk(sign, lapack.Dense(n, y.Cols, scaled), true, 1, c)
		}
	}
}

// gramParts is into how many parts of its rows a Gram matrix is cut, whatever the
// number of threads, so that its bits do not depend on it.
const gramParts = 16

// gramRows is how many rows are squared in float32 before they are added in float64.
const gramRows = 512

// gramOf is y'y [dim x dim], both triangles.
func gramOf(ctx context.Context, y mat, threads int) ([]float64, error) {
	dim := y.Cols
	parts := make([][]float64, gramParts)
	size := (y.Rows + gramParts - 1) / gramParts
	err := linalg.Parallel(ctx, gramParts, 1, threads, func(_, part, _ int) error {
		parts[part] = gramPart(y, min(part*size, y.Rows), min((part+1)*size, y.Rows))
		return nil
	})
	if err != nil {
		return nil, err
	}
	sum := parts[0]
	for _, part := range parts[1:] {
		for i, v := range part {
			sum[i] += v
		}
	}
	for i := range dim {
		for j := range i {
			sum[i*dim+j] = sum[j*dim+i]
		}
	}
	return sum, nil
}

func gramPart(y mat, lo, hi int) []float64 {
	dim := y.Cols
	sum, square := make([]float64, dim*dim), lapack.Dense(dim, dim, make([]float32, dim*dim))
	for ; lo < hi; lo += gramRows {
		n := min(gramRows, hi-lo)
		lapack.Syrk(1, lapack.Dense(n, dim, y.Data[lo*dim:(lo+n)*dim]), true, 0, square)
		for i, v := range square.Data {
			sum[i] += float64(v)
		}
	}
	return sum
}

// checkFinite names the first row of vectors that is not finite.
func checkFinite(what string, x mat) error {
	for i, v := range x.Data {
		if v-v != 0 {
			return contract.Errorf(contract.ErrNonFinite, "the vector of %s %d holds %v: raise the penalty `reg`", what, i/x.Cols, v)
		}
	}
	return nil
}

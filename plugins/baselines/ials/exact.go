package main

import (
	"context"
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// exact solves for a row exactly: (base Y'Y + reg I + Y_u' E Y_u) x = Y_u' pull, where
// Y_u [n x dim] are the vectors of the row's observed columns and E holds their extra
// weights. In the eigenvectors of Y'Y the first two terms are one diagonal D, whatever
// the row's penalty; a row shorter than dim then costs a system of n in place of dim
// (Woodbury): x = D^-1 Y_u' z with (E^-1 + Y_u D^-1 Y_u') z = E^-1 pull.
type exact struct {
	weights weighting
	values  []float32 // [dim], base times the eigenvalues of Y'Y
	vectors mat       // [dim x dim], an eigenvector in each row
	rotated mat       // [m x dim], Y in the eigenvectors
}

func newExact(ctx context.Context, y mat, o weighting, threads int) (*exact, error) {
	dim := y.Cols
	gram, err := gramOf(ctx, y, threads)
	if err != nil {
		return nil, err
	}
	values, err := lapack.Eigen(gram, dim)
	if err != nil {
		return nil, err
	}
	e := &exact{
		weights: o, values: make([]float32, dim),
		vectors: lapack.Dense(dim, dim, make([]float32, dim*dim)), rotated: lapack.Dense(y.Rows, dim, make([]float32, y.Rows*dim)),
	}
	for i, v := range values {
		e.values[i] = float32(o.base * max(0, v)) // below zero by rounding alone
	}
	for i, v := range gram {
		e.vectors.Data[i] = float32(v)
	}
	const rows = 256
	return e, linalg.Parallel(ctx, y.Rows, rows, threads, func(_, lo, hi int) error {
		lapack.Gemm(1, part(y, lo, hi), false, e.vectors, true, 0, part(e.rotated, lo, hi))
		return nil
	})
}

// part are the rows lo..hi-1 of a matrix.
func part(m mat, lo, hi int) mat { return lapack.Dense(hi-lo, m.Cols, m.Data[lo*m.Cols:hi*m.Cols]) }

func (e *exact) rows(h *half, s *scratch, lo, hi int) error {
	dim := h.y.Cols
	tilde := lapack.Dense(hi-lo, dim, zeros(&s.blocks[0], (hi-lo)*dim))
	for r := lo; r < hi; r++ {
		if err := e.row(s, h.pairs.Row(r), h.pairs.Values(r), h.reg[r], tilde.Data[(r-lo)*dim:(r-lo+1)*dim]); err != nil {
			return err
		}
	}
	lapack.Gemm(1, tilde, false, e.vectors, false, 0, part(h.x, lo, hi))
	return nil
}

// row solves for one row in the eigenvectors; out is zero before.
func (e *exact) row(s *scratch, columns []int32, values []float32, reg float32, out []float32) error {
	if len(columns) == 0 {
		return nil
	}
	y := s.gather(e.rotated, columns)
	extra, pull := s.weigh(e.weights, len(columns), values)
	if len(columns) < len(out) && positive(extra) {
		return e.short(s, y, extra, pull, reg, out)
	}
	return e.long(s, y, extra, pull, reg, out)
}

func positive(v []float32) bool {
	for _, x := range v {
		if x <= 0 {
			return false
		}
	}
	return true
}

// short solves the system of the row's n observed columns.
func (e *exact) short(s *scratch, y mat, extra, pull []float32, reg float32, out []float32) error {
	n, dim := y.Rows, y.Cols
	root := room(&s.vector, dim) // of 1/D
	for i, v := range e.values {
		root[i] = float32(1 / math.Sqrt(float64(v)+float64(reg)))
	}
	for k := range n {
		row := y.Data[k*dim : (k+1)*dim]
		for i, v := range root {
			row[i] *= v
		}
	}
	square := lapack.Dense(n, n, room(&s.square, dim*dim)[:n*n])
	lapack.Syrk(1, y, false, 0, square)
	z := room(&s.scores, n)
	for k, v := range extra {
		square.Data[k*n+k] += 1 / v
		z[k] = pull[k] / v
	}
	if err := lapack.SolveSPD(square.Data, z); err != nil {
		return err
	}
	lapack.Gemv(1, y, true, z, 0, out)
	for i, v := range root {
		out[i] *= v
	}
	return nil
}

// long solves the system of dim.
func (e *exact) long(s *scratch, y mat, extra, pull []float32, reg float32, out []float32) error {
	dim := y.Cols
	square := lapack.Dense(dim, dim, zeros(&s.square, dim*dim))
	for i, v := range e.values {
		square.Data[i*dim+i] = v + reg
	}
	s.addSquare(y, extra, square)
	lapack.Gemv(1, y, true, pull, 0, out)
	return lapack.SolveSPD(square.Data, out)
}

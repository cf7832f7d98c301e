package main

import (
	"context"
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// blocks solves for some dimensions of a row at a time, the others standing still:
// one Newton step in each block (iALS++, Rendle et al. 2021, "iALS++: Speeding up
// Matrix Factorization with Subspace Optimization"). It works in the eigenvectors of
// each block of Y'Y, where the block's system is a diagonal and the observed pairs; a
// row shorter than the block then costs a system of its length, as in exact.
type blocks struct {
	gram      mat   // [dim x dim], base Y'Y in the eigenvectors of its blocks
	y         mat   // [m x dim], Y in them
	rotations []mat // of each block, an eigenvector in each row
	size      int
}

func newBlocks(ctx context.Context, y mat, o weighting, size, threads int) (*blocks, error) {
	dim := y.Cols
	gram, err := gramOf(ctx, y, threads)
	if err != nil {
		return nil, err
	}
	b := &blocks{gram: lapack.Dense(dim, dim, make([]float32, dim*dim)), y: lapack.Dense(y.Rows, dim, make([]float32, y.Rows*dim)), size: min(size, dim)}
	for i, v := range gram {
		b.gram.Data[i] = float32(o.base * v)
	}
	half := lapack.Dense(dim, dim, make([]float32, dim*dim))
	for lo := 0; lo < dim; lo += b.size {
		rotation, err := rotationOf(gram, dim, lo, min(lo+b.size, dim))
		if err != nil {
			return nil, err
		}
		b.rotations = append(b.rotations, rotation)
		lapack.Gemm(1, rotation, false, part(b.gram, lo, lo+rotation.Rows), false, 0, part(half, lo, lo+rotation.Rows))
	}
	b.rotate(half, b.gram, true)
	const rows = 256
	return b, linalg.Parallel(ctx, y.Rows, rows, threads, func(_, lo, hi int) error {
		b.rotate(part(y, lo, hi), part(b.y, lo, hi), true)
		return nil
	})
}

// rotationOf are the eigenvectors of the dimensions lo..hi-1 of Y'Y, in rows.
func rotationOf(gram []float64, dim, lo, hi int) (mat, error) {
	n := hi - lo
	own := make([]float64, 0, n*n)
	for i := lo; i < hi; i++ {
		own = append(own, gram[i*dim+lo:i*dim+hi]...)
	}
	if _, err := lapack.Eigen(own, n); err != nil {
		return mat{}, err
	}
	rotation := lapack.Dense(n, n, make([]float32, n*n))
	for i, v := range own {
		rotation.Data[i] = float32(v)
	}
	return rotation, nil
}

// rotate takes rows into the eigenvectors of the blocks, or back.
func (b *blocks) rotate(from, to mat, into bool) {
	for k, rotation := range b.rotations {
		lo := k * b.size
		hi := lo + rotation.Rows
		lapack.Gemm(1, from.Columns(lo, hi), false, rotation, into, 0, to.Columns(lo, hi))
	}
}

func (b *blocks) rows(h *half, s *scratch, lo, hi int) error {
	dim := h.y.Cols
	x := lapack.Dense(hi-lo, dim, room(&s.blocks[0], (hi-lo)*dim))
	b.rotate(part(h.x, lo, hi), x, true)
	for r := lo; r < hi; r++ {
		columns := h.pairs.Row(r)
		y := s.gather(b.y, columns)
		extra, pull := s.weigh(h.weights, len(columns), h.pairs.Values(r))
		if err := b.row(s, y, extra, pull, h.reg[r], vector(x, r-lo)); err != nil {
			return err
		}
	}
	b.rotate(x, part(h.x, lo, hi), false)
	return nil
}

// row goes once over the blocks of x, with the scores of the observed columns kept up.
func (b *blocks) row(s *scratch, y mat, extra, pull []float32, reg float32, x []float32) error {
	scores := zeros(&s.scores, y.Rows)
	lapack.Gemv(1, y, false, x, 0, scores)
	wrong := room(&s.blocks[1], y.Rows) // half the gradient by each score
	for lo := 0; lo < len(x); lo += b.size {
		hi := min(lo+b.size, len(x))
		within := y.Columns(lo, hi)
		step := room(&s.vector, hi-lo) // first half the gradient
		for i := range step {
			step[i] = reg * x[lo+i]
		}
		lapack.Gemv(1, part(b.gram, lo, hi), false, x, 1, step)
		for k := range wrong {
			wrong[k] = extra[k]*scores[k] - pull[k]
		}
		lapack.Gemv(1, within, true, wrong, 1, step)
		if err := b.newton(s, within, extra, reg, lo, step); err != nil {
			return err
		}
		for i, v := range step {
			x[lo+i] -= v
		}
		lapack.Gemv(-1, within, false, step, 1, scores)
	}
	return nil
}

// newton turns half the gradient by the dimensions from lo on into the step to the
// minimum: (D + Y' E Y)^-1 of it.
func (b *blocks) newton(s *scratch, y mat, extra []float32, reg float32, lo int, step []float32) error {
	diagonal := room(&s.blocks[2], len(step))
	for i := range diagonal {
		diagonal[i] = b.gram.Data[(lo+i)*b.gram.Cols+lo+i] + reg
	}
	if y.Rows < len(step) && positive(extra) {
		return s.shortStep(y, extra, diagonal, step)
	}
	n := len(step)
	square := lapack.Dense(n, n, zeros(&s.square, n*n))
	for i, v := range diagonal {
		square.Data[i*n+i] = v
	}
	s.addSquare(y, extra, square)
	return lapack.SolveSPD(square.Data, step)
}

// shortStep is (D + Y' E Y)^-1 g by the system of the row's columns (Woodbury): with
// Z = Y D^-1/2 and f = D^-1/2 g it is D^-1/2 (f - Z' (E^-1 + Z Z')^-1 Z f).
func (s *scratch) shortStep(y mat, extra, diagonal, g []float32) error {
	n, dim := y.Rows, y.Cols
	for i, v := range diagonal {
		diagonal[i] = float32(1 / math.Sqrt(float64(v)))
		g[i] *= diagonal[i]
	}
	if n > 0 {
		z := lapack.Dense(n, dim, room(&s.scaled, n*dim))
		for k := range n {
			for i, v := range y.Data[k*y.Stride : k*y.Stride+dim] {
				z.Data[k*dim+i] = v * diagonal[i]
			}
		}
		square := lapack.Dense(n, n, room(&s.square, dim*dim)[:n*n])
		lapack.Syrk(1, z, false, 0, square)
		for k, v := range extra {
			square.Data[k*n+k] += 1 / v
		}
		inner := room(&s.inner, n)
		lapack.Gemv(1, z, false, g, 0, inner)
		if err := lapack.SolveSPD(square.Data, inner); err != nil {
			return err
		}
		lapack.Gemv(-1, z, true, inner, 1, g)
	}
	for i, v := range diagonal {
		g[i] *= v
	}
	return nil
}

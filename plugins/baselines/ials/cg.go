package main

import (
	"gonum.org/v1/gonum/blas/blas32"

	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// cg takes some steps of conjugate gradients from where a row stands (Takács et al.
// 2011, "Applications of the Conjugate Gradient Method for Implicit Feedback
// Collaborative Filtering"). The dense half of A x is one product for a block of rows.
type cg struct {
	gram  mat // [dim x dim], base Y'Y
	steps int
}

// converged is the squared residual below which a row stays as it is.
const converged = 1e-20

func (c *cg) rows(h *half, s *scratch, lo, hi int) error {
	n, dim := hi-lo, h.y.Cols
	x := part(h.x, lo, hi)
	r := lapack.Dense(n, dim, room(&s.blocks[0], n*dim))
	p := lapack.Dense(n, dim, room(&s.blocks[1], n*dim))
	ap := lapack.Dense(n, dim, room(&s.blocks[2], n*dim))
	lapack.Gemm(-1, x, false, c.gram, false, 0, r) // r = Y_u' pull - A x
	size := make([]float32, n)
	for i := range n {
		s.observed(h, lo+i, -1, vector(x, i), vector(r, i))
		size[i] = blas32.Dot(blasVector(r, i), blasVector(r, i))
	}
	copy(p.Data, r.Data)
	for range c.steps {
		lapack.Gemm(1, p, false, c.gram, false, 0, ap)
		for i := range n {
			if size[i] < converged {
				continue
			}
			s.observed(h, lo+i, 1, vector(p, i), vector(ap, i))
			size[i] = step(blasVector(x, i), blasVector(r, i), blasVector(p, i), blasVector(ap, i), size[i])
		}
	}
	return nil
}

func vector(m mat, i int) []float32 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

func blasVector(m mat, i int) blas32.Vector {
	return blas32.Vector{N: m.Cols, Inc: 1, Data: vector(m, i)}
}

// step moves x along p and makes the next p; it returns the new squared residual.
func step(x, r, p, ap blas32.Vector, size float32) float32 {
	along := size / blas32.Dot(p, ap)
	blas32.Axpy(along, p, x)
	blas32.Axpy(-along, ap, r)
	next := blas32.Dot(r, r)
	blas32.Scal(next/size, p)
	blas32.Axpy(1, r, p)
	return next
}

// observed adds what the penalty and the observed pairs of a row make of v: with
// sign 1 their part of A v, with -1 the pull less that part.
func (s *scratch) observed(h *half, row int, sign float32, v, out []float32) {
	reg := sign * h.reg[row]
	for i, x := range v {
		out[i] += reg * x
	}
	columns := h.pairs.Row(row)
	if len(columns) == 0 {
		return
	}
	y := s.gather(h.y, columns)
	extra, pull := s.weigh(h.weights, len(columns), h.pairs.Values(row))
	scores := room(&s.scores, len(columns))
	lapack.Gemv(1, y, false, v, 0, scores)
	for k := range scores {
		scores[k] *= sign * extra[k]
		if sign < 0 {
			scores[k] += pull[k]
		}
	}
	lapack.Gemv(1, y, true, scores, 1, out)
}

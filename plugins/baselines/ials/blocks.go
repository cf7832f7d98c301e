package main

import "cllm4rec/plugins/internal/numerics/linalg/lapack"

// blocks solves for some dimensions of a row at a time, the others standing still:
// one Newton step in each block (iALS++, Rendle et al. 2021, "iALS++: Speeding up
// Matrix Factorization with Subspace Optimization").
type blocks struct {
	gram mat // [dim x dim], base Y'Y
	size int
}

func (b *blocks) rows(h *half, s *scratch, lo, hi int) error {
	for r := lo; r < hi; r++ {
		columns := h.pairs.Row(r)
		y := s.gather(h.y, columns)
		extra, pull := s.weigh(h.weights, len(columns), h.pairs.Values(r))
		if err := b.row(s, y, extra, pull, h.reg[r], vector(h.x, r)); err != nil {
			return err
		}
	}
	return nil
}

// row goes once over the blocks of x, with the scores of the observed columns kept up.
func (b *blocks) row(s *scratch, y mat, extra, pull []float32, reg float32, x []float32) error {
	scores := zeros(&s.scores, y.Rows)
	lapack.Gemv(1, y, false, x, 0, scores)
	wrong := zeros(&s.blocks[0], y.Rows) // half the gradient by each score
	for lo := 0; lo < len(x); lo += b.size {
		hi := min(lo+b.size, len(x))
		within := y.Columns(lo, hi)
		gradient := room(&s.vector, hi-lo)
		for i := range gradient {
			gradient[i] = reg * x[lo+i]
		}
		lapack.Gemv(1, part(b.gram, lo, hi), false, x, 1, gradient)
		for k := range wrong {
			wrong[k] = extra[k]*scores[k] - pull[k]
		}
		lapack.Gemv(1, within, true, wrong, 1, gradient)
		if err := lapack.SolveSPD(b.hessian(s, within, extra, reg, lo, hi), gradient); err != nil {
			return err
		}
		for i, v := range gradient {
			x[lo+i] -= v
		}
		lapack.Gemv(-1, within, false, gradient, 1, scores)
	}
	return nil
}

// hessian is half the second derivative by the dimensions lo..hi-1.
func (b *blocks) hessian(s *scratch, within mat, extra []float32, reg float32, lo, hi int) []float32 {
	n := hi - lo
	square := lapack.Dense(n, n, room(&s.square, n*n))
	for i := range n {
		copy(vector(square, i), vector(b.gram, lo+i)[lo:hi])
		square.Data[i*n+i] += reg
	}
	s.addSquare(within, extra, square)
	return square.Data
}

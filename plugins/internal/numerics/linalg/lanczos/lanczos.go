// Package lanczos finds the largest singular values of a sparse matrix and their right
// singular vectors, deterministically for a seed.
package lanczos

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

type mat = lapack.Mat[float64]

// blockSize is how many vectors a step multiplies. A singular value that occurs more
// often may be found only so many times.
const blockSize = 16

// tolerance is the largest residual |X'X v - s^2 v| of a vector that counts as found,
// relative to the largest s^2.
const tolerance = 1e-7

// A direction of a block is dropped as a combination of those that are there already
// when its square is below these shares of the largest in its block, and of the largest
// of all blocks before what lies in the basis was taken out.
const (
	negligible = 1e-14
	noise      = 1e-24
)

// RightVectors finds the d largest singular values of x [rows x cols] and their right
// singular vectors [cols x d], each of length 1, in falling order; 0 < d <= cols. The
// method is block Lanczos on X'X with full reorthogonalisation (Golub and Underwood
// 1977). Threads change no bit.
func RightVectors(ctx context.Context, x *linalg.CSR, d int, seed uint64, threads int) ([]float64, mat, error) {
	if d < 1 || d > x.Cols {
		return nil, mat{}, contract.Errorf(contract.ErrInvalid, "%d singular vectors of a matrix with %d columns: expected 1..%d", d, x.Cols, x.Cols)
	}
	lapack.SetThreads(1) // products are shared out here
	s := &search{ctx: ctx, x: x, t: x.Transpose(), threads: threads, rng: rand.New(rand.NewPCG(seed, 0))}
	next := s.random()
	for checked := 0; ; {
		if err := s.extend(next); err != nil {
			return nil, mat{}, err
		}
		if s.size == x.Cols || s.size >= d+blockSize && s.size >= checked+checked/4 {
			checked = s.size
			values, coordinates, done, err := s.ritz(d)
			if err != nil {
				return nil, mat{}, err
			}
			if done {
				return s.result(values, coordinates, d)
			}
		}
		next = s.residual
	}
}

// search is the state of the iteration: an orthonormal basis in blocks [cols x up to
// blockSize] and X'X in it.
type search struct {
	ctx     context.Context
	x, t    *linalg.CSR
	threads int
	rng     *rand.Rand

	scale    float64 // largest squared length of a block before orthonormal
	basis    []mat
	size     int   // vectors in the basis
	inner    []mat // [k]: basis k by X'X by basis k
	coupling []mat // [k]: basis k+1 by X'X by basis k
	residual mat   // the next block; no columns when the basis is invariant
}

// random is a block of random directions.
func (s *search) random() mat {
	b := min(blockSize, s.x.Cols-s.size)
	m := lapack.Dense(s.x.Cols, b, make([]float64, s.x.Cols*b))
	for i := range m.Data {
		m.Data[i] = s.rng.NormFloat64()
	}
	return m
}

// extend takes a block into the basis and makes the next one. Where X'X leads nowhere
// new, random directions follow.
func (s *search) extend(block mat) error {
	if block.Cols == 0 || len(s.basis) == 0 {
		if len(s.basis) > 0 {
			block = s.random()
		}
		var err error
		if block, _, err = s.orthonormal(block); err != nil {
			return err
		}
	}
	s.basis, s.size = append(s.basis, block), s.size+block.Cols
	w, err := s.times(block)
	if err != nil {
		return err
	}
	own := lapack.Dense(block.Cols, block.Cols, make([]float64, block.Cols*block.Cols))
	lapack.Gemm(1, block, true, w, false, 0, own)
	s.inner = append(s.inner, own)
	if s.size == s.x.Cols {
		return nil
	}
	next, coupling, err := s.orthonormal(w)
	if err != nil {
		return err
	}
	s.residual, s.coupling = next, append(s.coupling, coupling)
	return nil
}

// times is X'X w.
func (s *search) times(w mat) (mat, error) {
	middle, err := s.product(s.x, w)
	if err != nil {
		return mat{}, err
	}
	return s.product(s.t, middle)
}

// product is a sparse matrix times a dense one.
func (s *search) product(a *linalg.CSR, b mat) (mat, error) {
	out := lapack.Dense(a.Rows, b.Cols, make([]float64, a.Rows*b.Cols))
	return out, linalg.Parallel(s.ctx, a.Rows, 256, s.threads, func(_, lo, hi int) error {
		for r := lo; r < hi; r++ {
			to, values := out.Data[r*b.Cols:(r+1)*b.Cols], a.Values(r)
			for k, c := range a.Row(r) {
				factor := 1.0
				if values != nil {
					factor = float64(values[k])
				}
				floats.AddScaled(to, factor, b.Data[int(c)*b.Cols:(int(c)+1)*b.Cols])
			}
		}
		return nil
	})
}

// orthonormal takes out of w what lies in the basis and makes the rest orthonormal:
// w = basis part + next * factors. Directions that are combinations of others are dropped.
func (s *search) orthonormal(w mat) (next, factors mat, err error) {
	factors = identity(w.Cols)
	s.scale = max(s.scale, floats.Dot(w.Data, w.Data))
	floor := noise * s.scale
	for pass := range 3 { // later ones take out what rounding has left
		if pass > 0 {
			floor = 0
		}
		if pass < 2 {
			if err := s.project(w); err != nil {
				return next, factors, err
			}
		}
		var step mat
		if w, step, err = s.normalise(w, floor); err != nil {
			return next, factors, err
		}
		product := lapack.Dense(step.Rows, factors.Cols, make([]float64, step.Rows*factors.Cols))
		lapack.Gemm(1, step, false, factors, false, 0, product)
		factors = product
	}
	return w, factors, nil
}

func identity(n int) mat {
	m := lapack.Dense(n, n, make([]float64, n*n))
	for i := range n {
		m.Data[i*n+i] = 1
	}
	return m
}

// project is w - Q Q'w in place.
func (s *search) project(w mat) error {
	parts := make([]mat, len(s.basis))
	err := linalg.Parallel(s.ctx, len(s.basis), 1, s.threads, func(_, k, _ int) error {
		parts[k] = lapack.Dense(s.basis[k].Cols, w.Cols, make([]float64, s.basis[k].Cols*w.Cols))
		lapack.Gemm(1, s.basis[k], true, w, false, 0, parts[k])
		return nil
	})
	if err != nil {
		return err
	}
	return linalg.Parallel(s.ctx, w.Rows, 512, s.threads, func(_, lo, hi int) error {
		for k, part := range parts {
			lapack.Gemm(-1, rows(s.basis[k], lo, hi), false, part, false, 1, rows(w, lo, hi))
		}
		return nil
	})
}

func rows(m mat, lo, hi int) mat { return lapack.Dense(hi-lo, m.Cols, m.Data[lo*m.Cols:hi*m.Cols]) }

// normalise makes the columns of w orthonormal: w = out * factors, by the eigenvectors
// of w'w with values above floor, at most as many as the basis has room for.
func (s *search) normalise(w mat, floor float64) (out, factors mat, err error) {
	b := w.Cols
	square := lapack.Dense(b, b, make([]float64, b*b))
	lapack.Gemm(1, w, true, w, false, 0, square)
	values, err := lapack.Eigen(square.Data, b)
	if err != nil {
		return out, factors, err
	}
	if b == 0 {
		return w, square, nil
	}
	first := max(0, b-(s.x.Cols-s.size))
	for first < b && !(values[first] > max(negligible*values[b-1], floor)) {
		first++
	}
	kept := b - first
	factors = lapack.Dense(kept, b, square.Data[first*b:])
	out = lapack.Dense(w.Rows, kept, make([]float64, w.Rows*kept))
	inverse := lapack.Dense(kept, b, make([]float64, kept*b))
	for i := range kept {
		root := math.Sqrt(values[first+i])
		for j := range b {
			inverse.Data[i*b+j] = factors.Data[i*b+j] / root
			factors.Data[i*b+j] *= root
		}
	}
	return out, factors, linalg.Parallel(s.ctx, w.Rows, 512, s.threads, func(_, lo, hi int) error {
		lapack.Gemm(1, rows(w, lo, hi), false, inverse, true, 0, rows(out, lo, hi))
		return nil
	})
}

// ritz decomposes X'X within the basis; done when the d largest are accurate. The rows of
// coordinates [size x size] are eigenvectors, of rising value.
func (s *search) ritz(d int) (values []float64, coordinates mat, done bool, err error) {
	within := lapack.Dense(s.size, s.size, make([]float64, s.size*s.size))
	at := 0
	for k, own := range s.inner {
		place(within, own, at, at)
		if k+1 < len(s.basis) {
			place(within, s.coupling[k], at+own.Rows, at)
		}
		at += own.Rows
	}
	for i := range s.size {
		for j := range i {
			within.Data[j*s.size+i] = within.Data[i*s.size+j]
		}
	}
	if values, err = lapack.Eigen(within.Data, s.size); err != nil {
		return nil, within, false, err
	}
	if s.size == s.x.Cols {
		return values, within, true, nil
	}
	last := s.coupling[len(s.coupling)-1]
	image := make([]float64, last.Rows)
	for i := s.size - d; i < s.size; i++ {
		lapack.Gemv(1, last, false, within.Data[(i+1)*s.size-last.Cols:(i+1)*s.size], 0, image)
		if floats.Norm(image, 2) > tolerance*values[s.size-1] {
			return values, within, false, nil
		}
	}
	return values, within, true, nil
}

// place copies m into to at a row and a column.
func place(to, m mat, row, column int) {
	for i := range m.Rows {
		copy(to.Data[(row+i)*to.Stride+column:], m.Data[i*m.Cols:(i+1)*m.Cols])
	}
}

// result turns coordinates into vectors.
func (s *search) result(values []float64, coordinates mat, d int) ([]float64, mat, error) {
	n := s.x.Cols
	out, singular := lapack.Dense(n, d, make([]float64, n*d)), make([]float64, d)
	chosen := lapack.Dense(d, s.size, make([]float64, d*s.size))
	for i := range d {
		from := s.size - 1 - i
		singular[i] = math.Sqrt(max(0, values[from]))
		copy(chosen.Data[i*s.size:(i+1)*s.size], coordinates.Data[from*s.size:(from+1)*s.size])
	}
	return singular, out, linalg.Parallel(s.ctx, n, 512, s.threads, func(_, lo, hi int) error {
		at := 0
		for _, block := range s.basis {
			lapack.Gemm(1, rows(block, lo, hi), false, chosen.Columns(at, at+block.Cols), true, 1, rows(out, lo, hi))
			at += block.Cols
		}
		return nil
	})
}

// Bytes is about what RightVectors takes for d vectors of so many columns, when it ends
// with a basis of ten times as many.
func Bytes(columns, d int) float64 {
	size := float64(min(columns, 10*d+4*blockSize))
	return 8 * (float64(columns)*(size+float64(d)) + 3*size*size)
}

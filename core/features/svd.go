package features

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"cllm4rec/core/contract"
)

// SVD replaces a matrix by the coordinates of its rows along its right singular vectors.
type SVD struct {
	Dims int `json:"svd,omitempty" jsonschema:"minimum=1,maximum=10000" jsonschema_description:"so many dimensions of the singular value decomposition in place of the columns (U S, as TruncatedSVD of scikit-learn gives it), before whitening"`
}

// How the subspace is found: so many vectors more than are wanted, and so many
// multiplications with F F' (Halko, Martinsson and Tropp 2011, algorithm 4.4). The
// error of a singular vector falls with the ratio of the singular values to the
// power of twice the latter.
const (
	moreVectors = 16
	powers      = 8
	svdSeed     = 1
)

// Apply gives U S [rows x Dims] of the matrix, the largest singular value first; each
// column's largest entry is positive. ErrInvalid for more dimensions than the matrix
// has rows or columns.
func (s SVD) Apply(m *Matrix) (*Matrix, error) {
	if s.Dims == 0 {
		return m, nil
	}
	if most := min(m.Rows, m.Width); s.Dims > most {
		return nil, contract.Errorf(contract.ErrInvalid, "svd has %d dimensions, and the features are %d by %d: expected at most %d", s.Dims, m.Rows, m.Width, most)
	}
	k := min(s.Dims+moreVectors, m.Rows, m.Width)
	q := orthonormal(m.times(normals(m.Width, k))) // [rows x k]
	for range powers {
		q = orthonormal(m.times(m.transposedTimes(q)))
	}
	return m.project(q, s.Dims)
}

// project is U S of the matrix within the space of q [rows x k].
func (m *Matrix) project(q *mat.Dense, dims int) (*Matrix, error) {
	b := m.transposedTimes(q) // (Q'F)' [width x k]
	var gram mat.SymDense     // Q'F F'Q [k x k]
	gram.SymOuterK(1, b.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, true) {
		return nil, contract.Errorf(contract.ErrNonFinite, "the singular values of %d by %d features do not converge", m.Rows, m.Width)
	}
	var axes, left mat.Dense
	eigen.VectorsTo(&axes)
	left.Mul(q, &axes) // U, the largest singular value last
	_, k := left.Dims()
	values := eigen.Values(nil)
	out := &Matrix{Rows: m.Rows, Width: dims, Dense: make([]float32, m.Rows*dims)}
	for c := range dims {
		at := k - 1 - c
		column := scaled(mat.Col(nil, at, &left), math.Sqrt(max(0, values[at])))
		for i, v := range column {
			out.Dense[i*dims+c] = float32(v)
		}
	}
	return out, nil
}

// normals are N(0, 1) numbers, the same ones every time.
func normals(rows, columns int) *mat.Dense {
	rng := rand.New(rand.NewPCG(svdSeed, 0))
	x := mat.NewDense(rows, columns, nil)
	for i := range rows {
		for j := range columns {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	return x
}

// orthonormal is a basis of the columns of x, in its place.
func orthonormal(x *mat.Dense) *mat.Dense {
	a := x.RawMatrix()
	tau, size := make([]float64, min(a.Rows, a.Cols)), []float64{0}
	lapack64.Geqrf(a, tau, size, -1)
	work := make([]float64, int(size[0]))
	lapack64.Geqrf(a, tau, work, len(work))
	lapack64.Orgqr(a, tau, size, -1)
	work = make([]float64, int(size[0]))
	lapack64.Orgqr(a, tau, work, len(work))
	return x
}

// times is F x [rows x k].
func (m *Matrix) times(x *mat.Dense) *mat.Dense {
	_, k := x.Dims()
	out := mat.NewDense(m.Rows, k, nil)
	m.each(func(i, column int, v float64) { floats.AddScaled(out.RawRowView(i), v, x.RawRowView(column)) })
	return out
}

// transposedTimes is F' x [width x k].
func (m *Matrix) transposedTimes(x *mat.Dense) *mat.Dense {
	_, k := x.Dims()
	out := mat.NewDense(m.Width, k, nil)
	m.each(func(i, column int, v float64) { floats.AddScaled(out.RawRowView(column), v, x.RawRowView(i)) })
	return out
}

// each visits the values of the matrix that are not zero.
func (m *Matrix) each(visit func(row, column int, v float64)) {
	for i := range m.Rows {
		if m.Dense != nil {
			for c, v := range m.Dense[i*m.Width : (i+1)*m.Width] {
				visit(i, c, float64(v))
			}
			continue
		}
		for at := m.Ptr[i]; at < m.Ptr[i+1]; at++ {
			visit(i, int(m.Columns[at]), float64(m.Values[at]))
		}
	}
}

package features

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"cllm4rec/core/contract"
)

// The ways to whiten.
const (
	WhitenNone   = "none"   // vectors as they come
	WhitenCentre = "centre" // without their mean
	WhitenHalf   = "half"   // principal components divided by the root of their deviation
	WhitenFull   = "full"   // principal components divided by their deviation
)

// Whitening says how dense vectors are brought into a form in which their cosines
// tell items apart: those of language models share one direction (Mu and Viswanath 2018,
// "All-but-the-top"; Su et al. 2021, "Whitening sentence representations").
type Whitening struct {
	Whiten string `json:"whiten,omitempty" jsonschema:"enum=none,enum=centre,enum=half,enum=full" jsonschema_description:"of dense vectors: none, or their mean is taken off (centre), and their principal components are divided by their deviation (full) or by its root (half); default half for embed, none otherwise"`
	Rank   int    `json:"rank,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"of a whitening: so many principal components are kept (default: all)"`
}

// Check finds a rank without components: ErrInvalid.
func (w Whitening) Check() error {
	if w.Rank > 0 && (w.Whiten == "" || w.Whiten == WhitenNone) {
		return contract.Errorf(contract.ErrInvalid, "rank has no effect without whiten: centre, half or full")
	}
	return nil
}

// negligible is the share of the largest variance below which a component is noise of
// rounding and left out.
const negligible = 1e-10

// Apply whitens a dense matrix. A row of zeros describes nobody: it has no part in the
// mean and stays zero. ErrInvalid for a sparse matrix, and for a rank beyond the
// components that there are.
func (w Whitening) Apply(m *Matrix) (*Matrix, error) {
	if w.Whiten == "" || w.Whiten == WhitenNone {
		return m, nil
	}
	if m.Dense == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "whiten is for dense vectors, and these are sparse")
	}
	rows := described(m)
	if len(rows) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is nothing to whiten: all vectors are zero")
	}
	x := centred(m, rows) // [rows x Width]
	if w.Whiten == WhitenCentre && w.Rank == 0 {
		return spread(x, rows, m.Rows), nil
	}
	basis, err := w.basis(x) // [Width x rank]
	if err != nil {
		return nil, err
	}
	var out mat.Dense
	out.Mul(x, basis)
	return spread(&out, rows, m.Rows), nil
}

// described are the rows that are not zero.
func described(m *Matrix) []int {
	var rows []int
	for i := range m.Rows {
		for _, v := range m.Dense[i*m.Width : (i+1)*m.Width] {
			if v != 0 {
				rows = append(rows, i)
				break
			}
		}
	}
	return rows
}

// centred are the given rows without their mean.
func centred(m *Matrix, rows []int) *mat.Dense {
	mean, x := make([]float64, m.Width), mat.NewDense(len(rows), m.Width, nil)
	for _, i := range rows {
		for c := range mean {
			mean[c] += float64(m.Dense[i*m.Width+c]) / float64(len(rows))
		}
	}
	for at, i := range rows {
		for c := range mean {
			x.Set(at, c, float64(m.Dense[i*m.Width+c])-mean[c])
		}
	}
	return x
}

// basis are the principal axes of x, that of the largest variance first, each divided
// by what the whitening says; its largest entry is positive.
func (w Whitening) basis(x *mat.Dense) (*mat.Dense, error) {
	n, width := x.Dims()
	var covariance mat.SymDense // [width x width]
	covariance.SymOuterK(1/float64(n), x.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, contract.Errorf(contract.ErrNonFinite, "the principal components of %d vectors of width %d do not converge", n, width)
	}
	variance := eigen.Values(nil) // rising
	kept := 0
	for kept < width && variance[width-1-kept] > negligible*variance[width-1] {
		kept++
	}
	if w.Rank > kept {
		return nil, contract.Errorf(contract.ErrInvalid, "rank %d is beyond the %d principal components that %d vectors of width %d have", w.Rank, kept, n, width)
	}
	if w.Rank > 0 {
		kept = w.Rank
	}
	if kept == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is nothing to whiten: all %d vectors are the same", n)
	}
	var axes mat.Dense
	eigen.VectorsTo(&axes)
	basis := mat.NewDense(width, kept, nil)
	for c := range kept {
		axis := mat.Col(nil, width-1-c, &axes)
		basis.SetCol(c, scaled(axis, w.scale(variance[width-1-c])))
	}
	return basis, nil
}

// scale is what a component of some variance is multiplied by.
func (w Whitening) scale(variance float64) float64 {
	switch w.Whiten {
	case WhitenFull:
		return 1 / math.Sqrt(variance)
	case WhitenHalf:
		return 1 / math.Sqrt(math.Sqrt(variance))
	default:
		return 1
	}
}

// scaled is an axis times a factor, with the sign that makes its largest entry positive.
func scaled(axis []float64, factor float64) []float64 {
	largest := 0.0
	for _, v := range axis {
		if math.Abs(v) > math.Abs(largest) {
			largest = v
		}
	}
	if largest < 0 {
		factor = -factor
	}
	for i := range axis {
		axis[i] *= factor
	}
	return axis
}

// spread puts the rows of x back to where they belong among n.
func spread(x *mat.Dense, rows []int, n int) *Matrix {
	_, width := x.Dims()
	m := &Matrix{Rows: n, Width: width, Dense: make([]float32, n*width)}
	for at, i := range rows {
		for c, v := range x.RawRowView(at) {
			m.Dense[i*width+c] = float32(v)
		}
	}
	return m
}

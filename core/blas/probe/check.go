package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The flags of the Fortran interface.
var (
	plain      = flag('N')
	transposed = flag('T')
	lower      = flag('L')
)

func flag(c byte) *byte { return &c }

// shapes are m, n and k of the products that are checked: below, at and beyond the sizes of the
// blocks that kernels work in, and far from any multiple of them.
var shapes = [][3]int32{{1, 1, 1}, {3, 5, 7}, {16, 16, 16}, {1, 129, 257}, {64, 1, 300}, {17, 33, 65}, {130, 67, 31}, {131, 129, 258}}

type number interface{ float32 | float64 }

func random[T number](rng *rand.Rand, n int) []T {
	values := make([]T, n)
	for i := range values {
		values[i] = T(rng.Float64()*2 - 1)
	}
	return values
}

// check holds products, a matrix by a vector and an inverse against plain sums in float64. It
// returns the first wrong result in words, or "".
func (l *library) check() string {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, shape := range shapes {
		for _, ta := range []*byte{plain, transposed} {
			for _, tb := range []*byte{plain, transposed} {
				single := product[float32]{"sgemm", l.sgemm, 1 << 24}
				double := product[float64]{"dgemm", l.dgemm, 1 << 53}
				if wrong := single.check(rng, ta, tb, shape) + double.check(rng, ta, tb, shape); wrong != "" {
					return wrong
				}
			}
		}
		if wrong := l.checkVector(rng, shape[0], shape[2]); wrong != "" {
			return wrong
		}
	}
	return l.checkInverse(rng, 130)
}

// product is a general product of one precision.
type product[T number] struct {
	name string
	call func(ta, tb *byte, m, n, k *int32, alpha *T, a *T, lda *int32, b *T, ldb *int32, beta *T, c *T, ldc *int32)
	// one over the rounding error of one operation
	precision float64
}

// check compares c = a b + c / 2 with sums in float64. Each of the k + 2 operations behind a
// number may err by one part in the precision of what was added up (Higham 2002, 3.1).
func (p product[T]) check(rng *rand.Rand, ta, tb *byte, shape [3]int32) string {
	m, n, k := shape[0], shape[1], shape[2]
	a, b := newMatrix[T](rng, m, k, ta), newMatrix[T](rng, k, n, tb)
	c := newMatrix[T](rng, m, n, plain)
	before := append([]T(nil), c.values...)
	one, half := T(1), T(0.5)
	p.call(ta, tb, &m, &n, &k, &one, &a.values[0], &a.stride, &b.values[0], &b.stride, &half, &c.values[0], &c.stride)
	for i := range m {
		for j := range n {
			at := j*c.stride + i
			sum := float64(before[at]) / 2
			size := math.Abs(sum)
			for x := range k {
				term := a.at(i, x) * b.at(x, j)
				sum, size = sum+term, size+math.Abs(term)
			}
			if off := math.Abs(float64(c.values[at]) - sum); !(off <= size*float64(k+2)/p.precision) {
				return fmt.Sprintf("%s of %d x %d by %d x %d (%c%c) gives %g for %g", p.name, m, k, k, n, *ta, *tb, c.values[at], sum)
			}
		}
	}
	return ""
}

// matrix is stored by columns, with some values between them that belong to no column.
type matrix[T number] struct {
	values     []T
	stride     int32
	transposed bool
}

// newMatrix is random, of rows x columns once it is transposed as asked.
func newMatrix[T number](rng *rand.Rand, rows, columns int32, how *byte) matrix[T] {
	turned := how == transposed
	if turned {
		rows, columns = columns, rows
	}
	stride := rows + 3
	return matrix[T]{random[T](rng, int(stride*columns)), stride, turned}
}

func (m matrix[T]) at(i, j int32) float64 {
	if m.transposed {
		i, j = j, i
	}
	return float64(m.values[j*m.stride+i])
}

// checkVector compares a matrix by a vector with sums in float64.
func (l *library) checkVector(rng *rand.Rand, m, n int32) string {
	a, x, y := newMatrix[float32](rng, m, n, plain), random[float32](rng, int(n)), make([]float32, m)
	one, zero, step := float32(1), float32(0), int32(1)
	l.sgemv(plain, &m, &n, &one, &a.values[0], &a.stride, &x[0], &step, &zero, &y[0], &step)
	for i := range m {
		var sum, size float64
		for j := range n {
			term := a.at(i, j) * float64(x[j])
			sum, size = sum+term, size+math.Abs(term)
		}
		if off := math.Abs(float64(y[i]) - sum); !(off <= size*float64(n+2)/(1<<24)) {
			return fmt.Sprintf("sgemv of %d x %d gives %g for %g", m, n, y[i], sum)
		}
	}
	return ""
}

// checkInverse multiplies a positive definite matrix of n x n by its inverse: n times the unit
// matrix with noise beside the diagonal, so that rounding stays near 1e-16.
func (l *library) checkInverse(rng *rand.Rand, n int32) string {
	a := make([]float64, n*n)
	for i := range n {
		for j := range i {
			a[i*n+j] = rng.Float64() - 0.5
			a[j*n+i] = a[i*n+j]
		}
		a[i*n+i] = float64(n)
	}
	inverse, info := append([]float64(nil), a...), int32(0)
	if l.dpotrf(lower, &n, &inverse[0], &n, &info); info != 0 {
		return fmt.Sprintf("dpotrf finds no factor at pivot %d of a positive definite matrix", info)
	}
	if l.dpotri(lower, &n, &inverse[0], &n, &info); info != 0 {
		return fmt.Sprintf("dpotri finds no inverse at pivot %d", info)
	}
	for i := range n {
		for j := range n {
			var sum float64
			for x := range n {
				sum += a[i*n+x] * inverse[min(x, j)*n+max(x, j)] // the lower triangle, by columns
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if !(math.Abs(sum-want) <= 1e-12) {
				return fmt.Sprintf("a matrix by its inverse has %g at %d, %d", sum, i, j)
			}
		}
	}
	return ""
}

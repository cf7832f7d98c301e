package lapack

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"cllm4rec/core/contract"
)

func fill[F Float](n int, seed uint64) []F {
	rng := rand.New(rand.NewPCG(3, seed))
	v := make([]F, n)
	for i := range v {
		v[i] = F(rng.NormFloat64())
	}
	return v
}

// at reads op(m).
func at[F Float](m Mat[F], t bool, i, j int) float64 {
	if t {
		i, j = j, i
	}
	return float64(m.Data[i*m.Stride+j])
}

func checkProducts[F Float](t *testing.T, tolerance float64) {
	for _, ta := range []bool{false, true} {
		for _, tb := range []bool{false, true} {
			a, b := Mat[F]{5, 3, 4, fill[F](20, 1)}, Mat[F]{3, 6, 6, fill[F](18, 2)}
			if ta {
				a = Mat[F]{3, 5, 5, a.Data}
			}
			if tb {
				b = Mat[F]{6, 3, 3, b.Data}
			}
			c := Dense(5, 6, fill[F](30, 3))
			before := append([]F(nil), c.Data...)
			Gemm(2, a, ta, b, tb, 3, c)
			for i := range 5 {
				for j := range 6 {
					want := 3 * float64(before[i*6+j])
					for k := range 3 {
						want += 2 * at(a, ta, i, k) * at(b, tb, k, j)
					}
					if got := float64(c.Data[i*6+j]); math.Abs(got-want) > tolerance {
						t.Fatalf("%T, transposed %v %v: entry (%d, %d) is %v, want %v", a, ta, tb, i, j, got, want)
					}
				}
			}
			checkVector(t, a, ta, tolerance)
			checkSquareOf(t, a, ta, tolerance)
		}
	}
}

func checkVector[F Float](t *testing.T, a Mat[F], ta bool, tolerance float64) {
	m, n := a.shape(ta)
	x, y := fill[F](n, 4), fill[F](m, 5)
	before := append([]F(nil), y...)
	Gemv(2, a, ta, x, -1, y)
	for i := range m {
		want := -float64(before[i])
		for k := range n {
			want += 2 * at(a, ta, i, k) * float64(x[k])
		}
		if math.Abs(float64(y[i])-want) > tolerance {
			t.Fatalf("%T times a vector, transposed %v: entry %d is %v, want %v", a, ta, i, y[i], want)
		}
	}
}

func checkSquareOf[F Float](t *testing.T, a Mat[F], ta bool, tolerance float64) {
	n, k := a.shape(ta)
	c := Dense(n, n, make([]F, n*n))
	Syrk(1, a, ta, 0, c)
	for i := range n {
		for j := range n {
			want := 0.0
			for l := 0; l < k && j >= i; l++ {
				want += at(a, ta, i, l) * at(a, ta, j, l)
			}
			if got := float64(c.Data[i*n+j]); math.Abs(got-want) > tolerance {
				t.Fatalf("%T, transposed %v: entry (%d, %d) of the square is %v, want %v", a, ta, i, j, got, want)
			}
		}
	}
}

func TestProductsEqualTheirDefinition(t *testing.T) {
	checkProducts[float32](t, 1e-5)
	checkProducts[float64](t, 1e-13)
}

func TestColumnsShareMemory(t *testing.T) {
	m := Dense(2, 3, []float32{1, 2, 3, 4, 5, 6})
	y := make([]float32, 2)
	Gemv(1, m.Columns(1, 3), false, []float32{1, 10}, 0, y)
	if y[0] != 32 || y[1] != 65 {
		t.Errorf("columns 1 and 2 times (1, 10) are %v", y)
	}
}

func TestShapesThatDoNotFitPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a product into a matrix that is too small went through")
		}
	}()
	Gemm(1, Dense(2, 2, make([]float64, 4)), false, Dense(2, 2, make([]float64, 4)), false, 0, Dense(2, 2, make([]float64, 3)))
}

func TestSystemWorkedByHand(t *testing.T) {
	a, b := []float32{4, 2, 0, 3}, []float32{8, 7} // 4x+2y=8, 2x+3y=7
	if err := SolveSPD(a, b); err != nil || math.Abs(float64(b[0])-1.25) > 1e-6 || math.Abs(float64(b[1])-1.5) > 1e-6 {
		t.Errorf("solution %v, error %v", b, err)
	}
	if err := SolveSPD([]float64{1, 2, 2, 1}, []float64{1, 1}); !errors.Is(err, contract.ErrNonFinite) {
		t.Errorf("indefinite: error %v", err)
	}
}

func TestEigenvectorsAreStretchedByTheirValues(t *testing.T) {
	for _, n := range []int{1, 2, 40} {
		a := positive(n)
		v := append([]float64(nil), a...)
		values, err := Eigen(v, n)
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			y := make([]float64, n)
			Gemv(1, Dense(n, n, a), false, v[i*n:(i+1)*n], 0, y)
			for j := range y {
				if math.Abs(y[j]-value*v[i*n+j]) > 1e-10*values[n-1] {
					t.Fatalf("n=%d: vector %d is not one of value %v", n, i, value)
				}
			}
			if i > 0 && value < values[i-1] {
				t.Errorf("n=%d: eigenvalues %v do not ascend", n, values)
			}
		}
	}
}

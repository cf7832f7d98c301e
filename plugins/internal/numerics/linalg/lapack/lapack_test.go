package lapack

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// positive makes A'A + n I for a random A, which is well conditioned.
func positive(n int) []float64 {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	a := make([]float64, n*n)
	for i := range a {
		a[i] = rng.NormFloat64()
	}
	return plus(product(transposed(a, n), a, n), float64(n), n)
}

func transposed(a []float64, n int) []float64 {
	b := make([]float64, n*n)
	for i := range n {
		for j := range n {
			b[j*n+i] = a[i*n+j]
		}
	}
	return b
}

func plus(a []float64, diagonal float64, n int) []float64 {
	for i := range n {
		a[i*n+i] += diagonal
	}
	return a
}

func product(a, b []float64, n int) []float64 {
	c := make([]float64, n*n)
	for i := range n {
		for k := range n {
			for j := range n {
				c[i*n+j] += a[i*n+k] * b[k*n+j]
			}
		}
	}
	return c
}

func TestInverseWorkedByHand(t *testing.T) {
	a := []float64{4, 2, 0, 3} // the lower triangle is not read
	if err := InvertSPD(a, 2); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{3. / 8, -2. / 8, -2. / 8, 4. / 8} {
		if math.Abs(a[i]-want) > 1e-15 {
			t.Errorf("inverse %v", a)
		}
	}
}

func TestMatrixTimesItsInverseIsTheIdentity(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 200} {
		a := positive(n)
		inverse := append([]float64(nil), a...)
		if err := InvertSPD(inverse, n); err != nil {
			t.Fatal(err)
		}
		for i, v := range plus(product(a, inverse, n), -1, n) {
			if math.Abs(v) > 1e-11 {
				t.Fatalf("n=%d: entry %d of A inv(A) - I is %g", n, i, v)
			}
		}
		for i := range n {
			for j := range i {
				if inverse[i*n+j] != inverse[j*n+i] {
					t.Fatalf("n=%d: not symmetric at (%d, %d)", n, i, j)
				}
			}
		}
	}
}

func TestMatricesWithoutAnInverseAreRefused(t *testing.T) {
	if err := InvertSPD([]float64{1, 2, 2, 1}, 2); !errors.Is(err, contract.ErrNonFinite) {
		t.Errorf("indefinite: error %v", err)
	}
	if err := InvertSPD([]float64{1, 2, 3}, 2); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("not square: error %v", err)
	}
	if err := InvertSPD(nil, 0); err != nil {
		t.Errorf("empty: error %v", err)
	}
}

func TestRowsAreSolvedForFromOneFactor(t *testing.T) {
	for _, n := range []int{1, 3, 70} {
		a, rows := positive(n), Dense(2, n, fill[float64](2*n, 9))
		b, factor := append([]float64(nil), rows.Data...), append([]float64(nil), a...)
		if err := errors.Join(FactoriseSPD(factor, n), SolveFactor(factor, rows)); err != nil {
			t.Fatal(err)
		}
		for r := range 2 {
			y := make([]float64, n)
			Gemv(1, Dense(n, n, a), false, rows.Data[r*n:(r+1)*n], 0, y)
			for i, v := range y {
				if math.Abs(v-b[r*n+i]) > 1e-10 {
					t.Fatalf("n=%d: entry %d of A x is %v, want %v", n, i, v, b[r*n+i])
				}
			}
		}
	}
}

func TestTransposeInPlace(t *testing.T) {
	const n = 131
	a := fill[float64](n*n, 10)
	b := append([]float64(nil), a...)
	Transpose(b, n)
	for i, want := range transposed(a, n) {
		if b[i] != want {
			t.Fatalf("entry %d is %v, want %v", i, b[i], want)
		}
	}
}

func TestThreadsAreSet(t *testing.T) {
	before := Threads()
	defer SetThreads(before)
	if SetThreads(1); Threads() != 1 {
		t.Errorf("%d threads, want 1", Threads())
	}
}

// BenchmarkInvertSPD is the floor of EASE: dpotrf and dpotri alone.
func BenchmarkInvertSPD(b *testing.B) {
	for _, n := range []int{1000, 2000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			a := dominant(n)
			m := make([]float64, n*n)
			var lapack time.Duration
			for b.Loop() {
				copy(m, a)
				start := time.Now()
				if info := factorise(m, n) + invertFactor(m, n); info != 0 {
					b.Fatal(info)
				}
				lapack += time.Since(start)
				mirror(m, n)
			}
			b.ReportMetric(b.Elapsed().Seconds()/lapack.Seconds(), "x-lapack")
			b.ReportMetric(float64(n)*float64(n)*float64(n)*float64(b.N)/lapack.Seconds()/1e9, "GFLOP/s")
		})
	}
}

// dominant is diagonally dominant and quick to make.
func dominant(n int) []float64 {
	a := make([]float64, n*n)
	for i := range a {
		a[i] = 1 / float64(1+(i/n+i%n)%97)
	}
	return plus(a, float64(n), n)
}

package lanczos

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// random is a sparse matrix of rows that like some columns more than others.
func random(rows, cols int) *linalg.CSR {
	rng := rand.New(rand.NewPCG(1, uint64(rows)))
	x := &linalg.CSR{Rows: rows, Cols: cols, Ptr: []int{0}}
	for r := range rows {
		for c := range cols {
			if rng.Float64() < .03+.3*float64((r*7+c)%11)/float64(10+c) {
				x.Index, x.Value = append(x.Index, int32(c)), append(x.Value, float32(rng.NormFloat64()))
			}
		}
		x.Ptr = append(x.Ptr, len(x.Index))
	}
	return x
}

// exact are the squared singular values from the whole Gram matrix.
func exact(t *testing.T, x *linalg.CSR) (gram, values []float64) {
	t.Helper()
	gram = make([]float64, x.Cols*x.Cols)
	if err := linalg.Gram(t.Context(), x, gram, 1); err != nil {
		t.Fatal(err)
	}
	values, err := lapack.Eigen(slices.Clone(gram), x.Cols)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(values)
	return gram, values
}

func TestVectorsAreThoseOfTheWholeGramMatrix(t *testing.T) {
	for _, c := range []struct{ rows, cols, d int }{{300, 250, 5}, {300, 250, 60}, {40, 200, 30}, {9, 50, 20}, {30, 7, 7}, {5, 1, 1}} {
		x := random(c.rows, c.cols)
		gram, want := exact(t, x)
		values, vectors, err := RightVectors(t.Context(), x, c.d, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range values {
			if math.Abs(s*s-want[i]) > 1e-10*want[0] {
				t.Errorf("%+v: squared singular value %d is %v, want %v", c, i, s*s, want[i])
			}
			v, image := make([]float64, c.cols), make([]float64, c.cols)
			for j := range v {
				v[j] = vectors.Data[j*c.d+i]
			}
			lapack.Gemv(1, lapack.Dense(c.cols, c.cols, gram), false, v, 0, image)
			length := 0.0
			for j := range v {
				length += v[j] * v[j]
				if math.Abs(image[j]-s*s*v[j]) > 2*tolerance*want[0] {
					t.Fatalf("%+v: vector %d is not one of the value %v", c, i, s)
				}
			}
			if math.Abs(length-1) > 1e-10 {
				t.Errorf("%+v: vector %d has the squared length %v", c, i, length)
			}
		}
	}
}

// Three equal blocks: every singular value occurs three times.
func TestValuesThatRepeatAreFoundAsOftenAsTheyOccur(t *testing.T) {
	one := random(40, 60)
	x := &linalg.CSR{Rows: 120, Cols: 180, Ptr: []int{0}}
	for k := range int32(3) {
		for r := range one.Rows {
			for at, c := range one.Row(r) {
				x.Index, x.Value = append(x.Index, c+60*k), append(x.Value, one.Values(r)[at])
			}
			x.Ptr = append(x.Ptr, len(x.Index))
		}
	}
	_, want := exact(t, one)
	values, _, err := RightVectors(t.Context(), x, 12, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range values {
		if math.Abs(s*s-want[i/3]) > 1e-9*want[0] {
			t.Errorf("squared singular value %d is %v, want %v", i, s*s, want[i/3])
		}
	}
}

func TestThreadsChangeNoBit(t *testing.T) {
	x := random(300, 250)
	v1, m1, err1 := RightVectors(t.Context(), x, 20, 5, 1)
	v3, m3, err3 := RightVectors(t.Context(), x, 20, 5, 3)
	if err := errors.Join(err1, err3); err != nil || !slices.Equal(v1, v3) || !slices.Equal(m1.Data, m3.Data) {
		t.Errorf("one thread and three differ, error %v", err)
	}
	if _, _, err := RightVectors(t.Context(), x, 251, 5, 1); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("more vectors than columns: error %v", err)
	}
}

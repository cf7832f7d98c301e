package features

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"cllm4rec/core/contract"
)

// falling is a matrix [rows x width] whose singular values fall by about a fifth each, and
// some of whose entries are zero.
func falling(rows, width int) *Matrix {
	rng := rand.New(rand.NewPCG(3, 0))
	m := &Matrix{Rows: rows, Width: width, Dense: make([]float32, rows*width)}
	for r := range min(rows, width) {
		for i := range rows {
			m.Dense[i*width+(r+i)%width] += float32(math.Pow(0.8, float64(r)) * rng.NormFloat64())
		}
	}
	for i := 0; i < len(m.Dense); i += 3 {
		m.Dense[i] = 0
	}
	return m
}

// sparse is the same matrix without its zeros.
func sparse(m *Matrix) *Matrix {
	s := &Matrix{Rows: m.Rows, Width: m.Width, Ptr: []int{0}}
	for i := range m.Rows {
		for c, v := range m.Dense[i*m.Width : (i+1)*m.Width] {
			if v != 0 {
				s.Columns, s.Values = append(s.Columns, int32(c)), append(s.Values, v)
			}
		}
		s.Ptr = append(s.Ptr, len(s.Columns))
	}
	return s
}

// TestSVDIsThatOfLAPACK compares with the full decomposition of gonum's LAPACK.
func TestSVDIsThatOfLAPACK(t *testing.T) {
	const rows, width, dims = 90, 60, 5
	m := falling(rows, width)
	x := mat.NewDense(rows, width, nil)
	for i, v := range m.Dense {
		x.Set(i/width, i%width, float64(v))
	}
	var full mat.SVD
	if !full.Factorize(x, mat.SVDThin) {
		t.Fatal("no decomposition")
	}
	var u mat.Dense
	full.UTo(&u)
	for name, m := range map[string]*Matrix{"dense": m, "sparse": sparse(m)} {
		got, err := SVD{dims}.Apply(m)
		if err != nil || got.Rows != rows || got.Width != dims {
			t.Fatalf("%s: %+v, error %v", name, got, err)
		}
		for c := range dims {
			want := scaled(mat.Col(nil, c, &u), full.Values(nil)[c])
			for i, w := range want {
				if d := math.Abs(float64(got.Dense[i*dims+c]) - w); d > 1e-4*full.Values(nil)[0] {
					t.Fatalf("%s: row %d of dimension %d is %v away from %v", name, i, c, d, w)
				}
			}
		}
	}
}

func TestSVDRefusesMoreDimensionsThanThereAre(t *testing.T) {
	if _, err := (SVD{4}).Apply(falling(9, 3)); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	m := falling(9, 3)
	if got, err := (SVD{}).Apply(m); err != nil || got != m {
		t.Errorf("no dimensions: %v, error %v", got, err)
	}
}

func TestJoinedRowsOfEachMatrixHaveLengthOne(t *testing.T) {
	a := &Matrix{Rows: 2, Width: 2, Dense: []float32{3, 4, 0, 0}}
	b := &Matrix{Rows: 2, Width: 1, Dense: []float32{-2, 5}}
	got, err := Join([]*Matrix{a, b})
	want := []float32{0.6, 0.8, -1, 0, 0, 1}
	if err != nil || got.Width != 3 {
		t.Fatalf("%+v, error %v", got, err)
	}
	for i, w := range want {
		if got.Dense[i] != w {
			t.Errorf("got %v, want %v", got.Dense, want)
			break
		}
	}
	if _, err := Join([]*Matrix{a, sparse(b)}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("sparse: error %v", err)
	}
}

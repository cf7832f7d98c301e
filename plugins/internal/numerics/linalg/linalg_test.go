package linalg

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
)

func random(rows, cols int, share float64, seed uint64) *CSR {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := &CSR{Rows: rows, Cols: cols, Ptr: []int{0}}
	for range rows {
		for _, c := range rng.Perm(cols) {
			if rng.Float64() < share {
				m.Index = append(m.Index, int32(c))
			}
		}
		m.Ptr = append(m.Ptr, len(m.Index))
	}
	return m
}

func dense(m *CSR) [][]float64 {
	d := make([][]float64, m.Rows)
	for r := range d {
		d[r] = make([]float64, m.Cols)
		for _, c := range m.Row(r) {
			d[r][c] = 1
		}
	}
	return d
}

func TestTransposeMovesEveryOneAndSortsRows(t *testing.T) {
	m := random(17, 9, 0.3, 1)
	a, b := dense(m), dense(m.Transpose())
	for r := range a {
		for c := range a[r] {
			if a[r][c] != b[c][r] {
				t.Fatalf("entry (%d, %d) differs", r, c)
			}
		}
	}
	for c := range m.Cols {
		if !slices.IsSorted(m.Transpose().Row(c)) {
			t.Errorf("row %d of the transpose is not sorted", c)
		}
	}
}

// gramOf is X'X from its definition.
func gramOf(m *CSR) []float64 {
	d, g := dense(m), make([]float64, m.Cols*m.Cols)
	for i := range m.Cols {
		for j := range m.Cols {
			for r := range d {
				g[i*m.Cols+j] += d[r][i] * d[r][j]
			}
		}
	}
	return g
}

func TestGramEqualsItsDefinitionOnAnyNumberOfThreads(t *testing.T) {
	for _, m := range []*CSR{random(40, 200, 0.1, 2), random(5, 1, 0.5, 3), random(0, 4, 0, 4), random(3, 0, 0, 5)} {
		for _, threads := range []int{1, 2, 7} {
			got := make([]float64, m.Cols*m.Cols)
			if err := Gram(t.Context(), m, got, threads); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, gramOf(m)) {
				t.Errorf("%d x %d on %d threads differs", m.Rows, m.Cols, threads)
			}
		}
	}
}

func TestParallelDoesEveryBlockOnce(t *testing.T) {
	done := make([]atomic.Int32, 1001)
	err := Parallel(t.Context(), len(done), 10, 4, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			done[i].Add(1)
		}
		return nil
	})
	for i := range done {
		if n := done[i].Load(); n != 1 || err != nil {
			t.Fatalf("%d was done %d times, error %v", i, n, err)
		}
	}
}

func TestParallelStopsAtAnErrorAndAtTheEndOfItsContext(t *testing.T) {
	broken := errors.New("broken")
	if err := Parallel(t.Context(), 1000, 1, 2, func(_, lo, _ int) error {
		if lo == 3 {
			return broken
		}
		return nil
	}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var blocks atomic.Int32
	err := Parallel(ctx, 1000, 1, 2, func(int, int, int) error {
		if blocks.Add(1) == 5 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || blocks.Load() > 8 {
		t.Errorf("error %v after %d blocks", err, blocks.Load())
	}
}

func TestGramOfValuesIsThatOfTheDenseMatrix(t *testing.T) {
	x := FromTriplets(3, 3, []int32{2, 0, 0, 1}, []int32{1, 0, 2, 1}, []float32{3, 2, -1, .5})
	got := make([]float64, 9)
	if err := Gram(t.Context(), x, got, 2); err != nil {
		t.Fatal(err)
	}
	if want := []float64{4, 0, -2, 0, 9.25, 0, -2, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r, c, twice := x.Repeated(); twice {
		t.Errorf("column %d stands once in row %d", c, r)
	}
	if _, c, twice := FromTriplets(1, 3, []int32{0, 0}, []int32{2, 2}, nil).Repeated(); !twice || c != 2 {
		t.Errorf("column 2 stands twice: %d, %v", c, twice)
	}
}

func TestATransposedMatrixKeepsItsValues(t *testing.T) {
	x := FromTriplets(2, 3, []int32{0, 0, 1}, []int32{2, 0, 2}, []float32{1, 2, 3})
	got := x.Transpose()
	want := &CSR{Rows: 3, Cols: 2, Ptr: []int{0, 1, 1, 3}, Index: []int32{0, 0, 1}, Value: []float32{2, 1, 3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

func weighted(rows, cols int, seed uint64) *CSR {
	m := random(rows, cols, 0.3, seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	for range m.Index {
		m.Value = append(m.Value, float32(rng.NormFloat64()))
	}
	return m
}

func denseValues(m *CSR) [][]float64 {
	d := dense(m)
	for r := range d {
		for k, c := range m.Row(r) {
			if m.Value != nil {
				d[r][c] = float64(m.Values(r)[k])
			}
		}
	}
	return d
}

func TestProductsEqualTheirDefinition(t *testing.T) {
	for _, pair := range [][2]*CSR{{weighted(150, 20, 1), weighted(20, 30, 2)}, {random(9, 20, 0.2, 3), weighted(20, 5, 4)}, {random(9, 4, 0.5, 5), random(4, 5, 0.5, 6)}} {
		a, b := denseValues(pair[0]), denseValues(pair[1])
		err := Products(t.Context(), pair[0], pair[1], 3, func(_, row int, columns []int32, values []float64) {
			got := make([]float64, pair[1].Cols)
			for k, c := range columns {
				got[c] += values[k]
			}
			for j := range got {
				want := 0.0
				for k := range b {
					want += a[row][k] * b[k][j]
				}
				if math.Abs(got[j]-want) > 1e-12 {
					t.Errorf("entry (%d, %d) is %v, want %v", row, j, got[j], want)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

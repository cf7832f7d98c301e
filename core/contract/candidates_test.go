package contract

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shapes are orders of scores in which a partial sort can go wrong.
func shapes(n int) map[string][]float64 {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	s := map[string][]float64{"rising": nil, "falling": nil, "equal": nil, "organ pipe": nil, "two levels": nil, "distinct": nil}
	for i := range n {
		s["rising"] = append(s["rising"], float64(i))
		s["falling"] = append(s["falling"], float64(-i))
		s["equal"] = append(s["equal"], 0)
		s["organ pipe"] = append(s["organ pipe"], float64(min(i, n-i)))
		s["two levels"] = append(s["two levels"], float64(rng.IntN(2)))
		s["distinct"] = append(s["distinct"], rng.NormFloat64())
	}
	return s
}

func TestTopKEqualsSortingForAwkwardOrders(t *testing.T) {
	for _, n := range []int{1, 100, 1000} {
		for shape, scores := range shapes(n) {
			for _, rule := range []TieRule{TiesHashed, TiesIndex} {
				ties := Ties{Rule: rule, Seed: 9}
				want := sorted(scores, ties)
				for _, k := range []int{0, 1, 2, 10, 99, 500, 1000} {
					got, err := TopK(scores, k, ties)
					if err != nil || !slices.Equal(got.Items, want[:min(k, n)]) {
						t.Fatalf("%s, %s, n=%d, k=%d: wrong items, error %v", shape, rule, n, k, err)
					}
				}
			}
		}
	}
}

func TestNegativeZeroTiesWithZero(t *testing.T) {
	negative := math.Copysign(0, -1)
	got, err := TopK([]float64{negative, 0, negative}, 3, Ties{Rule: TiesIndex})
	if err != nil || !slices.Equal(got.Items, []int32{0, 1, 2}) {
		t.Errorf("got %v, %v", got.Items, err)
	}
}

func BenchmarkTopK(b *testing.B) {
	for shape, scores := range shapes(12101) {
		b.Run(fmt.Sprintf("scores=%s", shape), func(b *testing.B) {
			for b.Loop() {
				if _, err := TopK(scores, 110, Ties{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

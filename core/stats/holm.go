package stats

import (
	"cmp"
	"slices"
)

// Holm corrects the p-values of a family for the family-wise error (Holm 1979): the
// i-th smallest of m is multiplied by m-i+1, and made to rise. The family is what a
// reader looks through for a winner: the methods of one table under one metric, or
// more.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = highest
	}
	return adjusted
}

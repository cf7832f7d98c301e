package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Friedman is the comparison of several methods over several data sets by their ranks
// (Demsar 2006, "Statistical comparisons of classifiers over multiple data sets").
type Friedman struct {
	// Ranks are the methods' ranks, averaged over the data sets: 1 is that of the highest
	// value; equal values have the mean of their ranks.
	Ranks []float64
	// ChiSquared is Friedman's statistic (1937), corrected for ties, and P its p-value by
	// the chi-squared distribution.
	ChiSquared, P float64
	// F is the statistic of Iman and Davenport (1980), which is less conservative, and PF
	// its p-value. F is infinite where all data sets rank alike.
	F, PF float64
	// Critical is Nemenyi's critical difference (1963) of two average ranks at a level.
	Critical float64
}

// RankMethods compares methods: values[d][m] is what method m reached on data set d, higher
// is better. There are two data sets and two methods at least, and each data set has a value
// for each method. level is such as 0.95.
func RankMethods(values [][]float64, level float64) Friedman {
	n, k := float64(len(values)), float64(len(values[0]))
	f := Friedman{Ranks: make([]float64, len(values[0]))}
	ties := 0.0
	for _, row := range values {
		ranks, tied := meanRanks(row)
		ties += tied
		for m, r := range ranks {
			f.Ranks[m] += r / n
		}
	}
	squares := 0.0
	for _, r := range f.Ranks {
		squares += r * n * r * n
	}
	f.ChiSquared = 12/(k*n*(k+1))*squares - 3*n*(k+1)
	f.ChiSquared /= 1 - ties/(k*(k*k-1)*n)
	f.P = distuv.ChiSquared{K: k - 1}.Survival(f.ChiSquared)
	f.F, f.PF = math.Inf(1), 0
	if rest := n*(k-1) - f.ChiSquared; rest > 1e-12 {
		f.F = (n - 1) * f.ChiSquared / rest
		f.PF = distuv.F{D1: k - 1, D2: (k - 1) * (n - 1)}.Survival(f.F)
	}
	f.Critical = rangeQuantile(level, len(f.Ranks)) / math.Sqrt2 * math.Sqrt(k*(k+1)/(6*n))
	return f
}

// meanRanks ranks values from the highest; ties is the sum of t³ - t over groups of t equal
// ones.
func meanRanks(values []float64) (ranks []float64, ties float64) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	ranks = make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		t := float64(to - from)
		ties += t*t*t - t
		from = to
	}
	return ranks, ties
}

// rangeQuantile is the quantile of the range of k independent standard normal values: of the
// studentized range with infinitely many degrees of freedom.
func rangeQuantile(level float64, k int) float64 {
	low, high := 0.0, 20.0
	for range 60 {
		middle := (low + high) / 2
		if rangeCDF(middle, k) < level {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// rangeCDF is the share of ranges below q: k ∫ φ(z) (Φ(z) - Φ(z-q))^(k-1) dz, z the largest
// value.
func rangeCDF(q float64, k int) float64 {
	normal := distuv.UnitNormal
	return float64(k) * quad.Fixed(func(z float64) float64 {
		return normal.Prob(z) * math.Pow(normal.CDF(z)-normal.CDF(z-q), float64(k-1))
	}, -9, 9, 200, nil, 0)
}

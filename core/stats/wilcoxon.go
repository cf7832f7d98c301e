package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Zeros says what the signed-rank test does with differences of zero.
type Zeros string

// The rules.
const (
	ZerosWilcox Zeros = "wilcox" // they are left out (Wilcoxon 1945)
	ZerosPratt  Zeros = "pratt"  // they take part in the ranking and are left out after it (Pratt 1959)
)

// MostExact is the most differences that are not zero of which the signed-rank
// test counts all patterns of signs.
const MostExact = 50

// WilcoxonOptions vary the signed-rank test.
type WilcoxonOptions struct {
	Zeros      Zeros // default ZerosWilcox
	Continuity bool  // moves the statistic half a rank towards its mean, in the normal approximation
}

// SignedRanks is Wilcoxon's signed-rank test, two-sided.
type SignedRanks struct {
	Plus, Minus float64 // sums of the ranks of the positive and of the negative differences
	N           int     // differences that are not zero
	Exact       bool    // P counts all patterns of signs
	Z           float64 // statistic of the normal approximation; 0 where Exact
	P           float64 // in [0, 1]
	// RankBiserial is the matched-pairs rank-biserial correlation, (Plus - Minus) /
	// (Plus + Minus), in [-1, 1] (Kerby 2014); 0 when all differences are zero.
	RankBiserial float64
}

// Wilcoxon tests whether differences are spread evenly around zero. Equal sizes
// share their mean rank. Up to MostExact differences P is exact, given the ties;
// above, it is the normal approximation with the variance corrected for ties.
// SciPy's wilcoxon gives the same (with method="exact", or a permutation of all
// signs where there are ties or zeros, and method="asymptotic").
func Wilcoxon(differences []float64, o WilcoxonOptions) SignedRanks {
	d := differences
	if o.Zeros != ZerosPratt {
		d = withoutZeros(d)
	}
	ranks, ties := rankSizes(d)
	r := SignedRanks{P: 1}
	var moving []float64
	for i, v := range d {
		switch cmp.Compare(v, 0) {
		case 1:
			r.Plus += ranks[i]
		case -1:
			r.Minus += ranks[i]
		default:
			continue
		}
		moving = append(moving, ranks[i])
	}
	r.N = len(moving)
	if r.N == 0 {
		return r
	}
	r.RankBiserial = (r.Plus - r.Minus) / (r.Plus + r.Minus)
	if r.N <= MostExact {
		r.Exact, r.P = true, exactRanks(moving, r.Plus)
		return r
	}
	r.approximate(len(d), ties, o.Continuity)
	return r
}

// rankSizes ranks the sizes of d from 1, equal ones by their mean rank. ties is the
// sum of t³ - t over the groups of t equal sizes that are not zero.
func rankSizes(d []float64) (ranks []float64, ties float64) {
	order := make([]int32, len(d))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(math.Abs(d[a]), math.Abs(d[b])) })
	ranks = make([]float64, len(d))
	for low := 0; low < len(order); {
		size, high := math.Abs(d[order[low]]), low
		for high < len(order) && math.Abs(d[order[high]]) == size {
			high++
		}
		for _, i := range order[low:high] {
			ranks[i] = float64(low+high+1) / 2
		}
		if t := float64(high - low); size != 0 {
			ties += t*t*t - t
		}
		low = high
	}
	return ranks, ties
}

// exactRanks is the p-value of a sum of positive ranks. Ranks are whole or half, so
// that twice their sums are whole: patterns are counted by these.
func exactRanks(ranks []float64, plus float64) float64 {
	patterns, most := []float64{1}, 0
	for _, rank := range ranks {
		twice := int(2 * rank)
		most += twice
		next := make([]float64, most+1)
		for sum, n := range patterns {
			next[sum] += n
			next[sum+twice] += n
		}
		patterns = next
	}
	var low, high float64
	for sum, n := range patterns {
		if sum <= int(2*plus) {
			low += n
		}
		if sum >= int(2*plus) {
			high += n
		}
	}
	return min(1, 2*min(low, high)/math.Ldexp(1, len(ranks)))
}

// approximate fills in Z and P; n is the number of ranked differences.
func (r *SignedRanks) approximate(n int, ties float64, continuity bool) {
	mean, variance := rankMoments(n)
	zeroMean, zeroVariance := rankMoments(n - r.N) // of Pratt's zeros
	away := r.Plus - (mean - zeroMean)
	if continuity && away != 0 {
		away -= math.Copysign(0.5, away)
	}
	r.Z = away / math.Sqrt(variance-zeroVariance-ties/48)
	r.P = 2 * distuv.UnitNormal.CDF(-math.Abs(r.Z))
}

// rankMoments are mean and variance of the sum of positive ranks 1..n.
func rankMoments(n int) (mean, variance float64) {
	f := float64(n)
	return f * (f + 1) / 4, f * (f + 1) * (2*f + 1) / 24
}

package search

import (
	"math"
	"slices"
)

// normal is the distribution function of the standard Gaussian.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// logNormal is its logarithm, also far in the left tail, where it is the asymptotic series
// of Abramowitz and Stegun (26.2.12).
func logNormal(x float64) float64 {
	switch {
	case x > 6:
		return -normal(-x)
	case x > -20:
		return math.Log(normal(x))
	}
	series, term := 1.0, 1.0
	for i := 1; ; i++ {
		term *= -float64(2*i-1) / (x * x)
		if next := series + term; next != series {
			series = next
			continue
		}
		return -x*x/2 - math.Log(-x) - math.Log(2*math.Pi)/2 + math.Log(series)
	}
}

// logMass is the logarithm of the standard Gaussian's mass between a and b, a <= b.
func logMass(a, b float64) float64 {
	switch {
	case b <= 0:
		return logDifference(logNormal(b), logNormal(a))
	case a > 0: // the same on the other side, where digits are left
		return logDifference(logNormal(-a), logNormal(-b))
	}
	return math.Log1p(-normal(a) - normal(-b))
}

// logDifference is log(exp(x) - exp(y)), x >= y.
func logDifference(x, y float64) float64 {
	if math.IsInf(y, -1) {
		return x
	}
	return x + math.Log(-math.Expm1(y-x))
}

// logSum is log(sum(exp(x))).
func logSum(x []float64) float64 {
	most := slices.Max(x)
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// quantile is that of u in [0, 1) of the standard Gaussian cut off at a <= 0 and b >= 0.
func quantile(u, a, b float64) float64 {
	below, above := normal(a), normal(b)
	x := math.Sqrt2 * math.Erfinv(2*(below+u*(above-below))-1)
	return min(max(x, a), b)
}

package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// PairedT is Student's paired test, two-sided.
type PairedT struct {
	T  float64 // mean difference over its standard error
	DF int     // pairs - 1
	P  float64 // in [0, 1]
	Dz float64 // Cohen's dz: mean difference over the standard deviation of the differences
}

// TTest tests whether the mean of differences is zero. All differences equal
// zero give T 0, P 1; all equal and not zero give an infinite T, P 0; fewer
// than two differences give T 0, P 1.
func TTest(differences []float64) PairedT {
	n := len(differences)
	if n < 2 {
		return PairedT{P: 1}
	}
	mean, sd := stat.MeanStdDev(differences, nil)
	r := PairedT{DF: n - 1, P: 1}
	if mean == 0 {
		return r
	}
	r.Dz = mean / sd
	r.T = r.Dz * math.Sqrt(float64(n))
	r.P = 0
	if !math.IsInf(r.T, 0) {
		r.P = 2 * distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.CDF(-math.Abs(r.T))
	}
	return r
}

// SignFlip is the two-sided p-value of the randomisation test over the signs of
// paired differences: the share of sign patterns whose sum is at least as far
// from zero as the observed one. All patterns are counted when there are at
// most resamples of them; else resamples patterns are drawn from seed, and the
// observed one counts as one more draw (p = (b+1)/(resamples+1)).
func SignFlip(differences []float64, resamples int, seed uint64) float64 {
	moving := withoutZeros(differences)
	bound := math.Abs(sumOf(moving)) * (1 - 1e-12) // sums are rounded in different orders
	if n := len(moving); n < 30 && 1<<n <= resamples {
		return exactSignFlip(moving, bound)
	}
	rng := generator(seed)
	extreme := 1
	for range resamples {
		if math.Abs(flippedSum(moving, rng)) >= bound {
			extreme++
		}
	}
	return float64(extreme) / float64(resamples+1)
}

// exactSignFlip counts all sign patterns; bit i of a pattern flips difference i.
func exactSignFlip(d []float64, bound float64) float64 {
	patterns := 1 << len(d)
	extreme := 0
	for pattern := range patterns {
		var sum float64
		for i, v := range d {
			sum += withSign(v, uint64(pattern)>>i)
		}
		if math.Abs(sum) >= bound {
			extreme++
		}
	}
	return float64(extreme) / float64(patterns)
}

func flippedSum(d []float64, rng *rand.Rand) float64 {
	var sum float64
	for len(d) > 0 {
		bits := rng.Uint64()
		block := d[:min(64, len(d))]
		for i, v := range block {
			sum += withSign(v, bits>>i)
		}
		d = d[len(block):]
	}
	return sum
}

// withSign flips v when the lowest bit is set, without a branch.
func withSign(v float64, bit uint64) float64 {
	return math.Float64frombits(math.Float64bits(v) ^ bit<<63)
}

func withoutZeros(d []float64) []float64 {
	moving := make([]float64, 0, len(d))
	for _, v := range d {
		if v != 0 {
			moving = append(moving, v)
		}
	}
	return moving
}

func sumOf(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum
}

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x6576616c)) }

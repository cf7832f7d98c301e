package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// DefaultLevel is the confidence level of an interval.
const DefaultLevel = 0.95

// Interval is a mean with a confidence interval.
type Interval struct {
	Mean      float64
	Low, High float64 // NaN when N < 2: one value says nothing about its spread
	Level     float64 // such as 0.95
	N         int     // number of values: users or seeds
}

// Known reports whether the interval has borders.
func (i Interval) Known() bool { return !math.IsNaN(i.Low) }

// TInterval is Student's interval of a mean: mean ± t * s / sqrt(n) with the
// (1+level)/2 quantile t of n-1 degrees of freedom and the sample standard
// deviation s (divisor n-1). level is in (0, 1).
func TInterval(values []float64, level float64) Interval {
	n := len(values)
	if n < 2 {
		return unknownInterval(values, level)
	}
	mean, sd := stat.MeanStdDev(values, nil)
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile((1 + level) / 2)
	half := t * sd / math.Sqrt(float64(n))
	return Interval{Mean: mean, Low: mean - half, High: mean + half, Level: level, N: n}
}

// BootstrapInterval is the percentile interval of the mean over resamples draws
// with replacement; the same seed gives the same interval. Quantiles are
// interpolated linearly, as numpy.quantile does.
func BootstrapInterval(values []float64, level float64, resamples int, seed uint64) Interval {
	n := len(values)
	if n < 2 || resamples < 1 {
		return unknownInterval(values, level)
	}
	rng := generator(seed)
	means := make([]float64, resamples)
	for i := range means {
		var sum float64
		for range n {
			sum += values[rng.IntN(n)]
		}
		means[i] = sum / float64(n)
	}
	slices.Sort(means)
	tail := (1 - level) / 2
	return Interval{Mean: Mean(values), Low: quantile(means, tail), High: quantile(means, 1-tail), Level: level, N: n}
}

func unknownInterval(values []float64, level float64) Interval {
	return Interval{Mean: Mean(values), Low: math.NaN(), High: math.NaN(), Level: level, N: len(values)}
}

// quantile of rising values, interpolated between the two nearest.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}

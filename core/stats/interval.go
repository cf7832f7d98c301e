package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// DefaultLevel is the confidence level of an interval.
const DefaultLevel = 0.95

// Interval is a mean with a confidence interval.
type Interval struct {
	Mean      float64
	Low, High float64 // NaN when N < 2: one value says nothing about its spread
	Level     float64 // such as 0.95
	N         int     // number of values: users, seeds or splits
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
	half := tQuantile(level, n-1) * sd / math.Sqrt(float64(n))
	return Interval{Mean: mean, Low: mean - half, High: mean + half, Level: level, N: n}
}

func unknownInterval(values []float64, level float64) Interval {
	return Interval{Mean: Mean(values), Low: math.NaN(), High: math.NaN(), Level: level, N: len(values)}
}

// Mean is the mean of values; NaN when there is none.
func Mean(values []float64) float64 { return sumOf(values) / float64(len(values)) }

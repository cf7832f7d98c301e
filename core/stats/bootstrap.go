package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// PercentileInterval is the percentile bootstrap interval of the mean (Efron and
// Tibshirani 1993, chapter 13); the same seed gives the same interval. Quantiles
// are interpolated linearly, as numpy.quantile does.
func PercentileInterval(values []float64, level float64, resamples int, seed uint64) Interval {
	if len(values) < 2 || resamples < 1 {
		return unknownInterval(values, level)
	}
	return percentiles(values, resampledMeans(values, resamples, seed), level)
}

// BCaInterval is the bias-corrected and accelerated bootstrap interval of the mean
// (Efron 1987), with the acceleration of the jackknife. It is that of SciPy's
// bootstrap on the same resamples. Values that are all equal have that value for
// their borders.
func BCaInterval(values []float64, level float64, resamples int, seed uint64) Interval {
	if len(values) < 2 || resamples < 1 {
		return unknownInterval(values, level)
	}
	return biasCorrected(values, resampledMeans(values, resamples, seed), level)
}

// percentiles takes the borders from sorted means of resamples.
func percentiles(values, means []float64, level float64) Interval {
	tail := (1 - level) / 2
	return Interval{Mean: Mean(values), Low: quantile(means, tail), High: quantile(means, 1-tail), Level: level, N: len(values)}
}

// biasCorrected moves the places at which the borders stand among sorted means of
// resamples.
func biasCorrected(values, means []float64, level float64) Interval {
	if means[0] == means[len(means)-1] {
		return percentiles(values, means, level)
	}
	bias, acceleration := distuv.UnitNormal.Quantile(shareBelow(means, Mean(values))), acceleration(values)
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		return quantile(means, distuv.UnitNormal.CDF(bias+z/(1-acceleration*z)))
	}
	tail := (1 - level) / 2
	return Interval{Mean: Mean(values), Low: at(tail), High: at(1 - tail), Level: level, N: len(values)}
}

// shareBelow is the share of sorted means below one, half of those that equal it
// included. It is held off 0 and 1, where no bias is defined: a mean outside of all
// resamples counts as half a resample inside.
func shareBelow(sorted []float64, mean float64) float64 {
	below, _ := slices.BinarySearch(sorted, mean)
	upTo, _ := slices.BinarySearchFunc(sorted, mean, func(v, mean float64) int {
		if v <= mean {
			return -1
		}
		return 1
	})
	n := float64(len(sorted))
	return min(max(float64(below+upTo)/2, 0.5), n-0.5) / n
}

// acceleration is that of the jackknife of a mean, whose values lie from each other
// as the values themselves do but for sign and scale: sum u³ / (6 (sum u²)^1.5) with
// u the deviation from the mean.
func acceleration(values []float64) float64 {
	mean := Mean(values)
	var squares, cubes float64
	for _, v := range values {
		u := v - mean
		squares += u * u
		cubes += u * u * u
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// resampledMeans are the sorted means of resamples with replacement.
func resampledMeans(values []float64, resamples int, seed uint64) []float64 {
	source := source(seed)
	means := make([]float64, resamples)
	for i := range means {
		means[i] = resampledSum(values, source) / float64(len(values))
	}
	slices.Sort(means)
	return means
}

// resampledSum draws as many values as there are, two at a time. Each half of 64
// random bits is multiplied by their number, whose upper word is the place; where a
// lower word is under the threshold both are drawn again, so that all places are as
// likely (Lemire 2019, "Fast random integer generation in an interval").
func resampledSum(values []float64, source *rand.PCG) float64 {
	n := uint64(len(values))
	threshold := (1<<32 - n) % n
	var one, other float64
	for left := n; left > 0; {
		bits := source.Uint64()
		a, b := bits>>32*n, bits&lowWord*n
		if a&lowWord < threshold || b&lowWord < threshold {
			continue
		}
		one += values[a>>32]
		if left == 1 {
			break
		}
		other += values[b>>32]
		left -= 2
	}
	return one + other
}

const lowWord = 1<<32 - 1

// quantile of rising values, interpolated between the two nearest.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}

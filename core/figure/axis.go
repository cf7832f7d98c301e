package figure

import (
	"math"
	"strconv"
)

// Axis is one side of a figure.
type Axis struct {
	Label string // what is measured and its unit
	Log   bool   // a scale of factors; values at or below 0 are not drawn
	// Categories are the names of the places 0, 1, 2 ...; nil for an axis of numbers.
	Categories []string
	// FromZero lets the axis begin at 0 where no value is below it.
	FromZero bool
}

// scale maps values onto pixels.
type scale struct {
	low, high float64 // of the values; logarithms where log
	from, to  float64 // pixels
	log       bool
	ticks     []tick
}

// tick is a labelled place of an axis.
type tick struct {
	at    float64 // pixels
	label string
}

func (s scale) at(v float64) float64 {
	if s.log {
		v = math.Log10(v)
	}
	return s.from + (v-s.low)/(s.high-s.low)*(s.to-s.from)
}

// shows reports whether a value has a place on the axis.
func (a Axis) shows(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.Log || v > 0)
}

// scale fits the axis to values, on about as many ticks as are wanted.
func (a Axis) scale(values []float64, from, to float64, ticks int) scale {
	low, high := a.span(values)
	switch {
	case a.Categories != nil:
		return a.named(from, to)
	case a.Log:
		return logarithmic(low, high, from, to)
	}
	return linear(low, high, from, to, ticks)
}

// span is the least and the largest value that the axis shows.
func (a Axis) span(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if a.shows(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if math.IsInf(low, 1) {
		return 1, 2
	}
	if a.FromZero && !a.Log {
		low, high = min(low, 0), max(high, 0)
	}
	return low, high
}

// named has a place for each category, and half a place beside the first and the last.
func (a Axis) named(from, to float64) scale {
	s := scale{low: -0.5, high: float64(len(a.Categories)) - 0.5, from: from, to: to}
	for i, name := range a.Categories {
		s.ticks = append(s.ticks, tick{s.at(float64(i)), name})
	}
	return s
}

// linear ends at ticks, which are multiples of 1, 2 or 5 times a power of ten.
func linear(low, high, from, to float64, wanted int) scale {
	if high-low < 1e-12*max(math.Abs(low), math.Abs(high), 1e-12) {
		pad := max(math.Abs(low)*0.1, 1e-6)
		low, high = low-pad, high+pad
	}
	step := stepOf((high - low) / float64(max(1, wanted)))
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	s := scale{low: first * step, high: last * step, from: from, to: to}
	for i := first; i <= last; i++ {
		v := i * step
		s.ticks = append(s.ticks, tick{s.at(v), number(v, step)})
	}
	return s
}

// stepOf is the least of 1, 2 and 5 times a power of ten that is not below a step.
func stepOf(least float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(least)))
	for _, n := range []float64{1, 2, 5} {
		if n*unit >= least*(1-1e-9) {
			return n * unit
		}
	}
	return 10 * unit
}

// logarithmic has ticks at powers of ten, and where it spans few of them at 2 and 5 times
// these as well.
func logarithmic(low, high, from, to float64) scale {
	l, h := math.Log10(low), math.Log10(high)
	pad := max(0.06*(h-l), 0.12)
	s := scale{low: l - pad, high: h + pad, from: from, to: to, log: true}
	factors := []float64{1}
	if s.high-s.low < 2.5 {
		factors = []float64{1, 2, 5}
	}
	for power := math.Floor(s.low); power <= math.Ceil(s.high); power++ {
		for _, f := range factors {
			v := f * math.Pow(10, power)
			if at := math.Log10(v); at >= s.low && at <= s.high {
				s.ticks = append(s.ticks, tick{s.at(v), strconv.FormatFloat(v, 'g', 6, 64)})
			}
		}
	}
	return s
}

// number has as many decimals as a step has.
func number(v, step float64) string {
	decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	if v == 0 || math.Abs(v) < step/2 {
		v = 0
	}
	if decimals > 6 || math.Abs(v) >= 1e7 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

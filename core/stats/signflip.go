package stats

import (
	"math"
	"math/rand/v2"
)

// SignFlip is the two-sided p-value of the randomisation test over the signs of
// paired differences (Fisher 1935): the share of sign patterns whose sum is at
// least as far from zero as the observed one. All patterns are counted when there
// are at most resamples of them; else resamples patterns are drawn from seed, and
// the observed one counts as one more draw, p = (b+1)/(resamples+1) (Phipson and
// Smyth 2010).
func SignFlip(differences []float64, resamples int, seed uint64) float64 {
	moving := withoutZeros(differences)
	bound := math.Abs(sumOf(moving)) * (1 - 1e-12) // sums are rounded in different orders
	if n := len(moving); n < 30 && 1<<n <= resamples {
		return exactSignFlip(moving, bound)
	}
	extreme := 1
	for _, sum := range flippedSums(moving, resamples, seed) {
		if math.Abs(sum) >= bound {
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

// flippedSums draws patterns eight differences at a time: of those all 256 sums are
// computed once, and a random byte picks one of them for each resample.
func flippedSums(d []float64, resamples int, seed uint64) []float64 {
	sums := make([]float64, resamples)
	source := source(seed)
	for len(d) > 0 {
		eight := d[:min(8, len(d))]
		d = d[len(eight):]
		addPicked(sums, patternSums(eight), source)
	}
	return sums
}

// patternSums are the sums of up to eight differences under every pattern of signs.
func patternSums(d []float64) *[256]float64 {
	var of [256]float64
	for pattern := range of {
		for i, v := range d {
			of[pattern] += withSign(v, uint64(pattern)>>i)
		}
	}
	return &of
}

func addPicked(sums []float64, of *[256]float64, source *rand.PCG) {
	for len(sums) > 0 {
		bits := source.Uint64()
		block := sums[:min(8, len(sums))]
		for i := range block {
			block[i] += of[byte(bits)]
			bits >>= 8
		}
		sums = sums[len(block):]
	}
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

func source(seed uint64) *rand.PCG { return rand.NewPCG(seed, 0x6576616c) }

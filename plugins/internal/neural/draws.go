package neural

import (
	"math"

	"cllm4rec/core/contract"
)

// Draws is a stream of random numbers, SplitMix64's sequence from a seed: the same
// on every machine and simple enough to be repeated in another language (see
// neuraltest/draws.py).
type Draws struct{ seed, drawn uint64 }

// NewDraws begins the stream of a seed and some keys, such as epoch and step.
func NewDraws(seed uint64, keys ...uint64) *Draws {
	return &Draws{seed: contract.MixSeed(seed, keys...)}
}

// Uint64 is the next number; it makes Draws a rand.Source.
func (d *Draws) Uint64() uint64 {
	d.drawn++
	return contract.SplitMix64(d.seed, d.drawn-1)
}

// Float64 is uniform in [0, 1), of 53 bits.
func (d *Draws) Float64() float64 { return float64(d.Uint64()>>11) * 0x1p-53 }

// Below is uniform in 0..n-1.
func (d *Draws) Below(n int) int { return int(d.Float64() * float64(n)) }

// Normal is from N(0, 1), by two draws (Box & Muller 1958).
func (d *Draws) Normal() float64 {
	u, v := d.Float64(), d.Float64()
	return math.Sqrt(-2*math.Log1p(-u)) * math.Cos(2*math.Pi*v)
}

// Normals are n values from N(0, std^2).
func (d *Draws) Normals(n int, std float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(std * d.Normal())
	}
	return values
}

// Order is 0..n-1 in a random order (Fisher & Yates, from the end).
func (d *Draws) Order(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- {
		j := d.Below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

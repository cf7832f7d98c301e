package nn

import (
	"math/rand/v2"
)

// Normal draws n values from N(0, std^2). The stream is Go's own, so that a seed
// gives the same bytes with every libtorch.
func Normal(rng *rand.Rand, n int, std float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(std * rng.NormFloat64())
	}
	return values
}

// Filled is n times the same value.
func Filled(n int, value float32) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = value
	}
	return values
}

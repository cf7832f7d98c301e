package search

import (
	"math"
	"math/rand/v2"

	"cllm4rec/core/contract"
)

// Halton covers the space evenly: parameter j of suggestion i is the digits of i in the
// j-th prime base, mirrored at the point (Halton, On the efficiency of certain quasi-random
// sequences of points, Numerische Mathematik 2, 1960), each digit after a random
// permutation of its own (Owen, A randomized Halton algorithm in R, arXiv 1706.02808, 2017),
// without which the parameters of large bases would move together.
type Halton struct {
	space    *Space
	scramble [][][]int // by parameter and place of the digit; nil leaves digits as they are
}

// NewHalton makes a scrambled sequence of a seed.
func NewHalton(s *Space, seed uint64) *Halton {
	h := &Halton{space: s}
	for j, base := range primes(len(s.parameters)) {
		g := rand.New(rand.NewPCG(seed, contract.MixSeed(seed, uint64(j))))
		var digits [][]int
		for range places(base) {
			digits = append(digits, g.Perm(base))
		}
		h.scramble = append(h.scramble, digits)
	}
	return h
}

// Suggest gives the next n points. They depend on the length of the history alone.
func (h *Halton) Suggest(history []Trial, n int) ([]Assignment, error) {
	if _, err := h.space.observe(history, Minimise); err != nil {
		return nil, err
	}
	bases := primes(len(h.space.parameters))
	var next []Assignment
	for i := range n {
		values := h.space.draw(func(j int, p *Parameter) float64 {
			return p.quantile(mirrored(len(history)+i, bases[j], h.scramble[j]))
		})
		next = append(next, h.space.external(values))
	}
	return next, nil
}

// mirrored is the radical inverse of a number in a base, in [0, 1): its digit of place k
// weighs base^-(k+1). scramble permutes the digits of each place; nil leaves them.
func mirrored(number, base int, scramble [][]int) float64 {
	x, weight := 0.0, 1/float64(base)
	for k := 0; number > 0 || k < len(scramble); k++ {
		digit := number % base
		if scramble != nil {
			if k == len(scramble) {
				break
			}
			digit = scramble[k][digit]
		}
		x += float64(digit) * weight
		number /= base
		weight /= float64(base)
	}
	return min(x, math.Nextafter(1, 0))
}

// places is how many digits of a base a float64 tells apart.
func places(base int) int { return int(math.Ceil(54/math.Log2(float64(base)))) - 1 }

// primes are the first n.
func primes(n int) (all []int) {
	for candidate := 2; len(all) < n; candidate++ {
		prime := true
		for _, p := range all {
			if p*p > candidate {
				break
			}
			prime = prime && candidate%p != 0
		}
		if prime {
			all = append(all, candidate)
		}
	}
	return all
}

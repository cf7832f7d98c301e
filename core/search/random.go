package search

import (
	"math/rand/v2"

	"cllm4rec/core/contract"
)

// Random draws every parameter evenly and by itself (Bergstra and Bengio, Random Search for
// Hyper-Parameter Optimization, JMLR 13, 2012).
type Random struct {
	space *Space
	seed  uint64
}

// NewRandom makes a Random.
func NewRandom(s *Space, seed uint64) *Random { return &Random{s, seed} }

// Suggest gives the next n draws. They depend on the length of the history alone.
func (r *Random) Suggest(history []Trial, n int) ([]Assignment, error) {
	if _, err := r.space.observe(history, Minimise); err != nil {
		return nil, err
	}
	var next []Assignment
	for i := range n {
		next = append(next, r.space.external(r.draw(len(history)+i)))
	}
	return next, nil
}

// draw is the assignment of a number, counted from 0.
func (r *Random) draw(number int) map[string]float64 {
	return r.space.draw(uniform(generator(r.seed, number)))
}

// uniform draws every value evenly.
func uniform(g *rand.Rand) func(int, *Parameter) float64 {
	return func(_ int, p *Parameter) float64 { return p.quantile(g.Float64()) }
}

// generator is the one of a suggestion, counted from 0.
func generator(seed uint64, number int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, contract.MixSeed(seed, uint64(number))))
}

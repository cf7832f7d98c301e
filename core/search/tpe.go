package search

import (
	"cmp"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// TPEOptions are the choices of TPE. The zero value of a number takes the default in
// brackets, which is that of Optuna 4.
type TPEOptions struct {
	Direction  Direction
	Startup    int // trials that are drawn at random before [10]
	Candidates int // draws from l of which the best is suggested [24]
}

// TPE suggests where the density of good trials is large against that of the others
// (Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011, section 4): of
// draws from l it takes the one with the largest l(x)/g(x), which maximises the expected
// improvement (their equation 3). l is fitted to the best tenth of the trials, at most 25,
// g to the rest, each parameter by itself. It follows Optuna 4's TPESampler with its
// defaults, but for its generator.
type TPE struct {
	space  *Space
	seed   uint64
	o      TPEOptions
	random *Random
}

// NewTPE makes a TPE. ErrInvalid for options out of range.
func NewTPE(s *Space, seed uint64, o TPEOptions) (*TPE, error) {
	if err := o.Direction.check(); err != nil {
		return nil, err
	}
	if o.Startup < 0 || o.Candidates < 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "startup %d, candidates %d: expected 0 or more", o.Startup, o.Candidates)
	}
	if o.Startup == 0 {
		o.Startup = 10
	}
	if o.Candidates == 0 {
		o.Candidates = 24
	}
	return &TPE{s, seed, o, NewRandom(s, seed)}, nil
}

// Suggest gives n assignments. Those of one call know of each other: what was suggested and
// has no value yet counts among the other trials, so that n workers do not try the same.
func (t *TPE) Suggest(history []Trial, n int) ([]Assignment, error) {
	all, err := t.space.observe(history, t.o.Direction)
	if err != nil {
		return nil, err
	}
	ended := slices.DeleteFunc(all, func(o observation) bool { return o.state == Failed })
	below, above := divide(ended)
	var next []Assignment
	for i := range n {
		number := len(history) + i
		if len(ended) < t.o.Startup {
			next = append(next, t.space.external(t.random.draw(number)))
			continue
		}
		g := generator(t.seed, number)
		values := t.space.draw(func(_ int, p *Parameter) float64 {
			if p.single() {
				return p.quantile(0)
			}
			l, rest := newParzen(p, of(p, below)), newParzen(p, of(p, above))
			candidates := make([]float64, t.o.Candidates)
			for c := range candidates {
				candidates[c] = l.sample(g)
			}
			return candidates[best(l, rest, candidates)]
		})
		next = append(next, t.space.external(values))
		above = append(above, observation{values: values})
	}
	return next, nil
}

// gamma is how many of n trials are good.
func gamma(n int) int { return min(int(math.Ceil(0.1*float64(n))), 25) }

// divide tells the good trials from the rest, both in the order of the history.
func divide(ended []observation) (below, above []observation) {
	order := make([]int, len(ended))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ended[a].loss, ended[b].loss) })
	good := map[int]bool{}
	for _, i := range order[:gamma(len(ended))] {
		good[i] = true
	}
	for i, o := range ended {
		if good[i] {
			below = append(below, o)
		} else {
			above = append(above, o)
		}
	}
	return below, above
}

// of are the internal values of a parameter in the trials in which it exists.
func of(p *Parameter, trials []observation) (values []float64) {
	for _, o := range trials {
		if x, there := o.values[p.Name]; there {
			values = append(values, x)
		}
	}
	return values
}

// best is the place of the candidate with the largest l(x)/g(x), the first of equal ones.
func best(l, g *parzen, candidates []float64) int {
	at, most := 0, math.Inf(-1)
	for i, x := range candidates {
		if ratio := l.logDensity(x) - g.logDensity(x); ratio > most {
			at, most = i, ratio
		}
	}
	return at
}

package search

import (
	"iter"
	"slices"

	"cllm4rec/core/contract"
)

// maxGrid is the most points that a grid may have.
const maxGrid = 1_000_000

// Grid tries every combination once, the last parameter changing fastest.
type Grid struct {
	space *Space
	count int
}

// NewGrid makes a grid. ErrInvalid when a parameter has no finite number of values, or when
// there are more than a million points.
func NewGrid(s *Space) (*Grid, error) {
	for _, p := range s.parameters {
		if p.Kind != Categorical && !p.single() && p.Step == 0 && p.Levels == 0 {
			return nil, contract.Errorf(contract.ErrInvalid, "%s has any number of values: a grid needs its step, levels or choices", p.Name)
		}
		if p.Kind != Categorical && p.Levels == 0 && p.Step > 0 && (p.High-p.Low)/p.Step > maxGrid {
			return nil, contract.Errorf(contract.ErrInvalid, "%s has more than %d values: a grid needs a larger step, or levels", p.Name, maxGrid)
		}
	}
	count := s.combinations(0, map[string]float64{})
	if count > maxGrid {
		return nil, contract.Errorf(contract.ErrInvalid, "the grid has more than %d points", maxGrid)
	}
	return &Grid{s, int(count)}, nil
}

// combinations counts those of the parameters from a place on, beside values of earlier
// ones; beyond maxGrid it may stop. Only the values of parameters that others depend on
// matter.
func (s *Space) combinations(from int, values map[string]float64) float64 {
	if from == len(s.parameters) {
		return 1
	}
	p := &s.parameters[from]
	if !s.exists(p, values) {
		return s.combinations(from+1, values)
	}
	grid := p.grid()
	if !slices.ContainsFunc(s.parameters, func(q Parameter) bool { return q.When != nil && q.When.Name == p.Name }) {
		return float64(len(grid)) * s.combinations(from+1, values)
	}
	defer delete(values, p.Name)
	sum := 0.0
	for _, x := range grid {
		values[p.Name] = x
		if sum += s.combinations(from+1, values); sum > maxGrid {
			break
		}
	}
	return sum
}

// Count is how many points the grid has: a search with a larger budget ends after them.
func (g *Grid) Count() int { return g.count }

// Suggest gives the next points that are not in the history.
func (g *Grid) Suggest(history []Trial, n int) ([]Assignment, error) {
	tried, err := g.space.observe(history, Minimise)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, o := range tried {
		seen[g.space.external(o.values).Key()] = true
	}
	var next []Assignment
	for values := range g.points() {
		if len(next) >= n {
			break
		}
		if a := g.space.external(values); !seen[a.Key()] {
			next = append(next, a)
		}
	}
	return next, nil
}

// points are all combinations.
func (g *Grid) points() iter.Seq[map[string]float64] {
	s := g.space
	values := map[string]float64{}
	return func(yield func(map[string]float64) bool) {
		var from func(i int) bool
		from = func(i int) bool {
			if i == len(s.parameters) {
				return yield(values)
			}
			p := &s.parameters[i]
			if !s.exists(p, values) {
				return from(i + 1)
			}
			defer delete(values, p.Name)
			for _, x := range p.grid() {
				values[p.Name] = x
				if !from(i + 1) {
					return false
				}
			}
			return true
		}
		from(0)
	}
}

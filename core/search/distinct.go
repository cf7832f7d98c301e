package search

// Distinct lets a sampler try no configuration twice: one that was tried, or that stands
// earlier in the same answer, is replaced by a random one that was not. Where every
// configuration of a finite space was tried, it suggests fewer.
type Distinct struct {
	sampler Sampler
	space   *Space
	seed    uint64
}

// NewDistinct makes a Distinct of a sampler over a space.
func NewDistinct(sampler Sampler, space *Space, seed uint64) *Distinct {
	return &Distinct{sampler, space, seed}
}

// draws is how many random configurations are looked at before the whole space is.
const draws = 100

// Suggest gives what the sampler suggests, without repetitions.
func (d *Distinct) Suggest(history []Trial, n int) ([]Assignment, error) {
	suggested, err := d.sampler.Suggest(history, n)
	if err != nil {
		return nil, err
	}
	tried := map[string]bool{}
	for _, t := range history {
		tried[t.Params.Key()] = true
	}
	var next []Assignment
	for i, a := range suggested {
		if tried[a.Key()] {
			if a = d.untried(len(history)+i, tried); a == nil {
				break
			}
		}
		tried[a.Key()] = true
		next = append(next, a)
	}
	return next, nil
}

// untried is a random configuration in place of the suggestion with a number, or the first
// one that is left of a space that is almost used up; nil at its end.
func (d *Distinct) untried(number int, tried map[string]bool) Assignment {
	g := generator(^d.seed, number) // another sequence than that of the sampler
	for range draws {
		if a := d.space.external(d.space.draw(uniform(g))); !tried[a.Key()] {
			return a
		}
	}
	if _, finite := d.space.Count(); !finite {
		return nil // cannot be met: no hundred draws from so many repeat what was tried
	}
	for values := range d.space.points() {
		if a := d.space.external(values); !tried[a.Key()] {
			return a
		}
	}
	return nil
}

// Count is how many configurations a space has. finite is false where a number varies
// without steps, and for more than a million.
func (s *Space) Count() (n int, finite bool) {
	for _, p := range s.parameters {
		if p.Kind == Float && !p.single() && p.Step == 0 {
			return 0, false
		}
		if p.Kind != Categorical && p.Step > 0 && (p.High-p.Low)/p.Step > maxGrid {
			return 0, false
		}
	}
	count := s.whole().combinations(0, map[string]float64{})
	return int(count), count <= maxGrid
}

// points are all configurations of a finite space.
func (s *Space) points() func(yield func(map[string]float64) bool) {
	return (&Grid{space: s.whole()}).points()
}

// whole is the space with every value of its whole numbers, and not the levels of a grid.
func (s *Space) whole() *Space {
	w := &Space{place: s.place}
	for _, p := range s.parameters {
		if p.Kind == Int {
			p.Levels = 0
		}
		w.parameters = append(w.parameters, p)
	}
	return w
}

package search

import (
	"cmp"
	"maps"
	"slices"

	"cllm4rec/core/contract"
)

// Rung is how many configurations train for so many epochs.
type Rung struct{ Configurations, Epochs int }

// Rungs are those of successive halving (Jamieson and Talwalkar, AISTATS 2016; Li et al.,
// Hyperband, JMLR 18, 2018, the inner loop of algorithm 1): of the configurations of a rung
// one in factor goes on, with factor times the epochs, up to the given ones. A rung has one
// epoch and one configuration at least.
func Rungs(configurations, epochs, factor int) []Rung {
	counts := []int{configurations}
	for n := configurations / factor; n >= 1 && divided(epochs, factor, len(counts)) >= 1; n /= factor {
		counts = append(counts, n)
	}
	rungs := make([]Rung, len(counts))
	for i, n := range counts {
		rungs[i] = Rung{n, divided(epochs, factor, len(counts)-1-i)}
	}
	return rungs
}

// divided is n after so many divisions.
func divided(n, by, times int) int {
	for range times {
		n /= by
	}
	return n
}

// Halving tries configurations at random for a few epochs each and lets the best of each
// rung go on with more. Each training starts anew, so that it is what the same settings
// written by hand would be.
type Halving struct {
	space  *Space
	random Sampler
	rungs  []Rung
	epochs string // the name under which assignments carry the epochs of their rung
	o      Direction
}

// NewHalving makes a Halving. ErrInvalid for a direction that does not exist, without rungs,
// and where the space varies the epochs itself.
func NewHalving(s *Space, seed uint64, rungs []Rung, epochs string, o Direction) (*Halving, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(rungs) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "successive halving has no rungs: its method does not learn in epochs")
	}
	if _, varied := s.place[epochs]; varied {
		return nil, contract.Errorf(contract.ErrInvalid, "%s: successive halving sets the epochs itself", epochs)
	}
	return &Halving{s, NewDistinct(NewRandom(s, seed), s, seed), rungs, epochs, o}, nil
}

// Suggest gives the next configurations of the rung that the history has reached; none when
// the last rung is over, and no more than that rung lacks.
func (h *Halving) Suggest(history []Trial, n int) ([]Assignment, error) {
	plain := h.without(history)
	seen, err := h.space.observe(plain, h.o)
	if err != nil {
		return nil, err
	}
	first := min(len(plain), h.rungs[0].Configurations)
	if left := h.rungs[0].Configurations - first; left > 0 {
		next, err := h.random.Suggest(plain, min(n, left))
		if len(next) > 0 || err != nil {
			return h.at(next, h.rungs[0].Epochs), err
		}
	}
	begin := h.end(history, 0)
	from := seen[:begin]
	for r, rung := range h.rungs[1:] {
		going := leading(from, rung.Configurations)
		end := h.end(history, begin)
		if tried := end - begin; tried < len(going) {
			var next []Assignment
			for _, o := range going[tried:min(len(going), tried+n)] {
				next = append(next, h.space.external(o.values))
			}
			return h.at(next, h.rungs[r+1].Epochs), nil
		}
		from, begin = seen[begin:end], end
	}
	return nil, nil
}

// end is where the rung ends that begins at a place of the history.
func (h *Halving) end(history []Trial, begin int) int {
	at := begin
	for at < len(history) && plain(history[at].Params[h.epochs]) == plain(history[begin].Params[h.epochs]) {
		at++
	}
	return at
}

// without is the history as the space knows it.
func (h *Halving) without(history []Trial) []Trial {
	out := slices.Clone(history)
	for i := range out {
		out[i].Params = maps.Clone(out[i].Params)
		delete(out[i].Params, h.epochs)
	}
	return out
}

// at are assignments with the epochs of a rung.
func (h *Halving) at(all []Assignment, epochs int) []Assignment {
	for _, a := range all {
		a[h.epochs] = int64(epochs)
	}
	return all
}

// leading are the n observations with the smallest losses, the first of equal ones first;
// fewer where more failed.
func leading(all []observation, n int) []observation {
	ended := slices.DeleteFunc(slices.Clone(all), func(o observation) bool { return o.state == Failed })
	slices.SortStableFunc(ended, func(a, b observation) int { return cmp.Compare(a.loss, b.loss) })
	return ended[:min(n, len(ended))]
}

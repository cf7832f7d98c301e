package search

import (
	"reflect"
	"testing"
)

// small has 3 x 2 configurations.
func small(t *testing.T) *Space {
	t.Helper()
	s, _, err := NewSpace([]Parameter{{Name: "n", Kind: Int, Low: 1, High: 3}, {Name: "kind", Kind: Categorical, Choices: []any{"a", "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// all lets a sampler try until it suggests nothing.
func all(t *testing.T, s Sampler) (history []Trial) {
	t.Helper()
	for {
		next, err := s.Suggest(history, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(next) == 0 {
			return history
		}
		history = append(history, Trial{Params: next[0], State: Complete, Value: float64(next[0]["n"].(int64))})
		if len(history) > 100 {
			t.Fatal("it does not end")
		}
	}
}

func TestEverySamplerTriesASmallSpaceOnceAndEnds(t *testing.T) {
	space := small(t)
	tpe, err := NewTPE(space, 1, TPEOptions{Direction: Maximise, Startup: 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Sampler{"random": NewRandom(space, 1), "halton": NewHalton(space, 1), "tpe": tpe} {
		history := all(t, NewDistinct(s, space, 1))
		seen := map[string]bool{}
		for _, trial := range history {
			seen[trial.Params.Key()] = true
		}
		if len(history) != 6 || len(seen) != 6 {
			t.Errorf("%s: %d trials of %d configurations, want 6 of 6", name, len(history), len(seen))
		}
		if again := all(t, NewDistinct(s, space, 1)); !reflect.DeepEqual(again, history) {
			t.Errorf("%s: not the same again", name)
		}
	}
}

func TestOneAnswerHasNoConfigurationTwice(t *testing.T) {
	space := small(t)
	next, err := NewDistinct(NewRandom(space, 3), space, 3).Suggest(nil, 6)
	seen := map[string]bool{}
	for _, a := range next {
		seen[a.Key()] = true
	}
	if err != nil || len(seen) != 6 {
		t.Errorf("%v, error %v", next, err)
	}
}

func TestASpaceKnowsHowManyConfigurationsItHas(t *testing.T) {
	float := Parameter{Name: "x", Kind: Float, Low: 0, High: 1}
	steps := Parameter{Name: "x", Kind: Float, Low: 0, High: 1, Step: .25}
	levels := Parameter{Name: "x", Kind: Int, Low: 1, High: 40, Levels: 3} // of a grid alone
	when := Parameter{Name: "y", Kind: Int, Low: 1, High: 5, When: &Condition{"x", []any{0.5}}}
	for _, c := range []struct {
		space  []Parameter
		n      int
		finite bool
	}{{[]Parameter{float}, 0, false}, {[]Parameter{steps}, 5, true}, {[]Parameter{levels}, 40, true}, {[]Parameter{steps, when}, 4 + 5, true}} {
		s, _, err := NewSpace(c.space)
		if err != nil {
			t.Fatal(err)
		}
		if n, finite := s.Count(); n != c.n || finite != c.finite {
			t.Errorf("%+v: %d, %v", c.space, n, finite)
		}
	}
}

package search

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestEveryMistakeOfASpaceIsTold(t *testing.T) {
	nan := math.NaN()
	for want, parameters := range map[string][]Parameter{
		"the space has no parameters":                         nil,
		"x: low 2 is above high 1":                            {{Name: "x", Kind: Float, Low: 2, High: 1}},
		"x: low 0: with log it must be above 0":               {{Name: "x", Kind: Float, High: 1, Log: true}},
		"x: low, high and step must be finite":                {{Name: "x", Kind: Float, High: nan}},
		"x: step -1: must be above 0":                         {{Name: "x", Kind: Int, High: 3, Step: -1}},
		"x: step does not go with log":                        {{Name: "x", Kind: Float, Low: 1, High: 3, Step: 1, Log: true}},
		"x: step 1e-300 is too small for the range":           {{Name: "x", Kind: Float, High: 3, Step: 1e-300}},
		"x: low, high and step of an int must be whole":       {{Name: "x", Kind: Int, High: 1.5}},
		"x: levels 1: expected 2 or more":                     {{Name: "x", Kind: Float, High: 1, Levels: 1}},
		"x: levels and step: expected one of them":            {{Name: "x", Kind: Float, High: 1, Levels: 3, Step: 0.1}},
		"x: a number has no choices":                          {{Name: "x", Kind: Float, High: 1, Choices: []any{1}}},
		"x: it has no choices":                                {{Name: "x", Kind: Categorical}},
		"x: the choice 1 is there twice":                      {{Name: "x", Kind: Categorical, Choices: []any{1, "a", 1.0}}},
		"x: choice 1 ([]) is no text, number or boolean":      {{Name: "x", Kind: Categorical, Choices: []any{[]any{}}}},
		"x: low, high, log, step and levels do not go with":   {{Name: "x", Kind: Categorical, Choices: []any{1}, High: 2}},
		`x: unknown kind "real": expected float, int or cat`:  {{Name: "x", Kind: "real"}},
		"x: the name is there twice":                          {{Name: "x", Kind: Float, High: 1}, {Name: "x", Kind: Float, High: 1}},
		"a parameter has no name":                             {{Kind: Float, High: 1}},
		`y: when: there is no parameter "xx" before it; did`:  {{Name: "xxx", Kind: Float, High: 1}, {Name: "y", Kind: Float, High: 1, When: &Condition{"xx", []any{1}}}},
		`y: when: there is no parameter "y" before it`:        {{Name: "y", Kind: Float, High: 1, When: &Condition{"y", []any{1}}}},
		"y: when: it names no values of x":                    {{Name: "x", Kind: Float, High: 1}, {Name: "y", Kind: Float, High: 1, When: &Condition{"x", nil}}},
		"y: when: x is never c: x: c is none of its choices":  {{Name: "x", Kind: Categorical, Choices: []any{"a", "b"}}, {Name: "y", Kind: Float, High: 1, When: &Condition{"x", []any{"c"}}}},
		"y: when: x is never 7: x: 7 is not between 0 and 1":  {{Name: "x", Kind: Int, High: 1}, {Name: "y", Kind: Float, High: 1, When: &Condition{"x", []any{7}}}},
		"y: when: x is never 0.5: x: 0.5 is on no step of 1 ": {{Name: "x", Kind: Int, High: 1}, {Name: "y", Kind: Float, High: 1, When: &Condition{"x", []any{0.5}}}},
	} {
		if _, _, err := NewSpace(parameters); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	_, _, err := NewSpace([]Parameter{{Name: "x", Kind: Float, Low: 2, High: 1}, {Name: "y", Kind: Categorical}})
	if err == nil || !strings.Contains(err.Error(), "x: ") || !strings.Contains(err.Error(), "y: ") {
		t.Errorf("not all problems are told: %v", err)
	}
}

func TestAStepThatDoesNotFitIsToldAndTrimmed(t *testing.T) {
	s, notes, err := NewSpace([]Parameter{
		{Name: "depth", Kind: Int, Low: 1, High: 10, Step: 4}, {Name: "drop", Kind: Float, High: 1, Step: 0.3}, {Name: "fits", Kind: Float, High: 0.3, Step: 0.1},
	})
	want := []string{"depth: steps of 4 from 1 do not reach 10: the greatest value is 9", "drop: steps of 0.3 from 0 do not reach 1: the greatest value is 0.9"}
	if err != nil || !slices.Equal(notes, want) {
		t.Fatalf("got %q, %v", notes, err)
	}
	if p := s.Parameters(); p[0].High != 9 || p[1].High != 0.9 || p[2].High != 0.3 {
		t.Errorf("got %+v", p)
	}
	if got := s.parameters[2].grid(); !slices.Equal(got, []float64{0, 0.1, 0.2, 0.3}) {
		t.Errorf("the steps are %v", got)
	}
}

// conditional has a parameter that exists beside one choice, and one beside that.
func conditional(t testing.TB) *Space {
	return space(t,
		Parameter{Name: "kind", Kind: Categorical, Choices: []any{"a", "b"}},
		Parameter{Name: "depth", Kind: Int, Low: 1, High: 3, When: &Condition{"kind", []any{"b"}}},
		Parameter{Name: "deep", Kind: Categorical, Choices: []any{true, false}, When: &Condition{"depth", []any{2, 3}}},
		Parameter{Name: "rate", Kind: Float, Low: 0.01, High: 1, Log: true, Levels: 3},
	)
}

func TestAGridHasEveryCombinationOnce(t *testing.T) {
	g, err := NewGrid(conditional(t))
	if err != nil {
		t.Fatal(err)
	}
	if g.Count() != (1+1+2+2)*3 {
		t.Errorf("%d points", g.Count())
	}
	all, err := g.Suggest(nil, 1000)
	if err != nil || len(all) != g.Count() {
		t.Fatalf("%d suggestions, %v", len(all), err)
	}
	keys := map[string]bool{}
	for _, a := range all {
		keys[a.Key()] = true
	}
	if len(keys) != g.Count() || all[0].Key() != `{"kind":"a","rate":0.01}` || all[1].Key() != `{"kind":"a","rate":0.1}` || all[17].Key() != `{"deep":false,"depth":3,"kind":"b","rate":1}` {
		t.Errorf("got %v", all)
	}
	rest, err := g.Suggest([]Trial{{Params: all[1], State: Failed}, {Params: all[0], State: Complete}}, 2)
	if err != nil || rest[0].Key() != all[2].Key() || rest[1].Key() != all[3].Key() {
		t.Errorf("after two trials: %v, %v", rest, err)
	}
	for want, p := range map[string]Parameter{
		"x has any number of values: a grid needs its step": {Name: "x", Kind: Float, High: 1},
		"x has more than 1000000 values":                    {Name: "x", Kind: Int, High: 1e7},
	} {
		if _, err := NewGrid(space(t, p)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	big := []Parameter{{Name: "a", Kind: Int, High: 999}, {Name: "b", Kind: Int, High: 999}, {Name: "c", Kind: Int, High: 1}}
	if _, err := NewGrid(space(t, big...)); err == nil || !strings.Contains(err.Error(), "the grid has more than 1000000 points") {
		t.Errorf("got %v", err)
	}
}

// samplers are those that never end, with a seed.
func samplers(t testing.TB, s *Space, seed uint64) map[string]Sampler {
	tpe, err := NewTPE(s, seed, TPEOptions{Direction: Maximise, Startup: 5})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Sampler{"random": NewRandom(s, seed), "halton": NewHalton(s, seed), "tpe": tpe}
}

func TestASearchGoesOnFromItsRecordsAlone(t *testing.T) {
	for name := range samplers(t, conditional(t), 7) {
		var whole []Trial
		for i := range 30 {
			next, err := samplers(t, conditional(t), 7)[name].Suggest(stored(t, whole), 1) // as another process would, from a file
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again, err := samplers(t, conditional(t), 7)[name].Suggest(whole, 1)
			if err != nil || next[0].Key() != again[0].Key() {
				t.Fatalf("%s: suggestion %d is %v and %v, %v", name, i, next, again, err)
			}
			trial := Trial{Params: next[0], State: Complete, Value: float64(i % 7)}
			if i%5 == 4 {
				trial.State = Failed
			}
			whole = append(whole, trial)
		}
		other, err := samplers(t, conditional(t), 8)[name].Suggest(whole, 1)
		same, _ := samplers(t, conditional(t), 7)[name].Suggest(whole, 1)
		if err != nil || other[0].Key() == same[0].Key() {
			t.Errorf("%s: two seeds suggest the same %v, %v", name, other, err)
		}
	}
}

// stored is a history after a way through JSON.
func stored(t *testing.T, history []Trial) (out []Trial) {
	t.Helper()
	raw, err := json.Marshal(history)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSuggestionsOfOneCallDiffer(t *testing.T) {
	s := space(t, Parameter{Name: "x", Kind: Float, High: 1})
	var history []Trial
	for i := range 20 {
		x := float64(i) / 20
		history = append(history, Trial{Params: Assignment{"x": x}, State: Complete, Value: -math.Abs(x - 0.5)})
	}
	for name, sampler := range samplers(t, s, 1) {
		next, err := sampler.Suggest(history, 8)
		if err != nil || len(next) != 8 {
			t.Fatalf("%s: %v, %v", name, next, err)
		}
		keys := map[string]bool{}
		for _, a := range next {
			keys[a.Key()] = true
		}
		if len(keys) != 8 {
			t.Errorf("%s: %v", name, next)
		}
	}
}

func TestAHistoryOfAnotherSpaceIsRefused(t *testing.T) {
	s := conditional(t)
	good := Assignment{"kind": "b", "depth": 2.0, "deep": true, "rate": 0.5}
	change := func(name string, value any) Assignment {
		a := Assignment{}
		for k, v := range good {
			a[k] = v
		}
		if a[name] = value; value == nil {
			delete(a, name)
		}
		return a
	}
	if _, err := NewRandom(s, 1).Suggest([]Trial{{Params: good, State: Complete}}, 1); err != nil {
		t.Fatal(err)
	}
	for want, trial := range map[string]Trial{
		`the space has no parameter "rates"; did you mean "rate"?`: {Params: change("rates", 1.0), State: Failed},
		"rate has no value": {Params: change("rate", nil), State: Failed},
		"depth has a value, and does not exist where kind is a": {Params: change("kind", "a"), State: Failed},
		"kind: c is none of its choices [a b]":                  {Params: change("kind", "c"), State: Failed},
		"depth: 2.5 is on no step of 1 from 1":                  {Params: change("depth", 2.5), State: Failed},
		"rate: 2 is not between 0.01 and 1":                     {Params: change("rate", 2), State: Failed},
		"rate: x is no number":                                  {Params: change("rate", "x"), State: Failed},
		"its value NaN is not finite; such a trial has failed":  {Params: good, State: Complete, Value: math.NaN()},
		`unknown state "done"`:                                  {Params: good, State: "done"},
	} {
		for name, sampler := range samplers(t, s, 1) {
			_, err := sampler.Suggest([]Trial{{Params: good, State: Complete}, trial}, 1)
			if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "trial 2 of the history: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want %q, got %v", name, want, err)
			}
		}
	}
	for _, err := range []error{
		second(NewTPE(s, 1, TPEOptions{Direction: "up"})), second(NewTPE(s, 1, TPEOptions{Direction: Minimise, Startup: -1})),
	} {
		if !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestDrawsAreEven(t *testing.T) {
	s := space(t,
		Parameter{Name: "float", Kind: Float, Low: -2, High: 6}, Parameter{Name: "log", Kind: Float, Low: 1e-4, High: 1, Log: true},
		Parameter{Name: "int", Kind: Int, Low: 3, High: 10}, Parameter{Name: "step", Kind: Float, High: 0.7, Step: 0.1},
		Parameter{Name: "choice", Kind: Categorical, Choices: []any{1, 2, 3, 4, 5, 6, 7, 8}},
	)
	eighth := map[string]func(any) int{ // of the range, in which a value lies
		"float": func(v any) int { return int((v.(float64) + 2)) }, "log": func(v any) int { return int((math.Log10(v.(float64)) + 4) * 2) },
		"int": func(v any) int { return int(v.(int64)) - 3 }, "step": func(v any) int { return int(math.Round(v.(float64) * 10)) },
		"choice": func(v any) int { return v.(int) - 1 },
	}
	for name, sampler := range map[string]Sampler{"random": NewRandom(s, 3), "halton": NewHalton(s, 3)} {
		all, err := sampler.Suggest(nil, 8000)
		if err != nil {
			t.Fatal(err)
		}
		slack := map[string]float64{"random": 4 * math.Sqrt(1000*7/8.0), "halton": 30}[name] // 4 standard deviations; Halton is more even
		for parameter, part := range eighth {
			counts := make([]int, 9)
			for _, a := range all {
				counts[part(a[parameter])]++
			}
			for i, n := range counts[:8] {
				if math.Abs(float64(n+counts[8]*(i/7))-1000) > slack {
					t.Errorf("%s: %s lies %d times in part %d", name, parameter, n, i)
				}
			}
		}
	}
}

func TestSamplesFollowTheirDensity(t *testing.T) {
	for _, p := range []Parameter{
		{Name: "x", Kind: Float, Low: -1, High: 3}, {Name: "x", Kind: Float, Low: 1e-3, High: 10, Log: true}, {Name: "x", Kind: Int, Low: 1, High: 9},
		{Name: "x", Kind: Int, Low: 1, High: 200, Log: true}, {Name: "x", Kind: Categorical, Choices: []any{"a", "b", "c"}},
	} {
		s := space(t, p)
		var seen []float64
		for i := range 5 {
			seen = append(seen, s.parameters[0].quantile([]float64{0.1, 0.15, 0.2, 0.8, 0.99}[i]))
		}
		z := newParzen(&s.parameters[0], seen)
		g := generator(5, 0)
		const draws, cells = 20_000, 20
		one := &s.parameters[0]
		drawn, expected := map[float64]float64{}, map[float64]float64{}
		for range draws {
			drawn[cell(one, z.sample(g), cells)]++
		}
		for i := range cells * 500 { // the density, integrated over each cell
			u := (float64(i) + 0.5) / (cells * 500)
			x := s.parameters[0].quantile(u)
			if p.Log { // the density is that before rounding
				low, high := one.bounds()
				x = math.Exp(low + u*(high-low))
			}
			expected[cell(one, x, cells)] += math.Exp(z.logDensity(x)) * width(one, cells*500)
		}
		total := 0.0
		for at, want := range expected {
			total += want
			if sd := math.Sqrt(want * (1 - want) / draws); math.Abs(drawn[at]/draws-want) > 5*sd+0.002 {
				t.Errorf("%s (log %v): %.4f of the draws are in %v, expected %.4f", p.Kind, p.Log, drawn[at]/draws, at, want)
			}
		}
		if math.Abs(total-1) > 0.01 {
			t.Errorf("%s (log %v): the density sums to %v", p.Kind, p.Log, total)
		}
	}
}

// cell is where a value lies: a part of a range, or the value itself.
func cell(p *Parameter, x float64, cells int) float64 {
	if p.Kind != Float {
		return math.RoundToEven(x)
	}
	low, high := p.bounds()
	if p.Log {
		x = math.Log(x)
	}
	return math.Min(math.Floor((x-low)/(high-low)*float64(cells)), float64(cells-1))
}

// width is what one of n even parts adds to the integral; of steps and choices it is the
// share of the parts that fall on each.
func width(p *Parameter, n int) float64 {
	low, high := p.bounds()
	switch {
	case p.Kind == Categorical:
		return float64(len(p.Choices)) / float64(n)
	case p.Kind == Int && !p.Log:
		return float64(p.steps()+1) / float64(n)
	}
	return (high - low) / float64(n)
}

// FuzzSpace makes spaces of whatever parameters; what a sampler of one suggests is of it.
func FuzzSpace(f *testing.F) {
	f.Add([]byte(`[{"name":"x","kind":"float","low":1e-5,"high":1,"log":true},{"name":"k","kind":"categorical","choices":["a",1,true]},{"name":"d","kind":"int","high":9,"step":4,"when":{"name":"k","in":["a"]}}]`), uint64(1))
	f.Add([]byte(`[{"name":"x","kind":"float","low":0,"high":1e308,"step":1e292}]`), uint64(2))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		var parameters []Parameter
		if json.Unmarshal(raw, &parameters) != nil || len(parameters) > 8 {
			return
		}
		s, _, err := NewSpace(parameters)
		if err != nil {
			if !errors.Is(err, contract.ErrInvalid) {
				t.Errorf("%s: %v", raw, err)
			}
			return
		}
		for name, sampler := range samplers(t, s, seed) {
			var history []Trial
			for i := range 8 {
				next, err := sampler.Suggest(history, 1)
				if err != nil || len(next) != 1 {
					t.Fatalf("%s: %s: %v, %v", raw, name, next, err)
				}
				history = append(history, Trial{Params: next[0], State: Complete, Value: float64(i % 3)})
			}
		}
	})
}

package search

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// peer reads a fixture of testdata/peers.py.
func peer(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// near wants numbers that agree to 1e-9 of their size.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-9*max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// space makes one that must be right.
func space(t testing.TB, parameters ...Parameter) *Space {
	t.Helper()
	s, notes, err := NewSpace(parameters)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	return s
}

func TestDensitiesAreThoseOfOptuna(t *testing.T) {
	var f struct {
		Cases []struct {
			Parameter                Parameter
			Observations, Candidates []float64
			Weights, Mus, Sigmas     []float64
			Chances                  [][]float64
			LogDensity               []float64 `json:"log_density"`
		}
	}
	peer(t, "parzen.json", &f)
	for i, c := range f.Cases {
		what := fmt.Sprintf("case %d (%s, %d observations)", i, c.Parameter.Kind, len(c.Observations))
		s := space(t, c.Parameter)
		z := newParzen(&s.parameters[0], c.Observations)
		near(t, what+": weights", z.weights, c.Weights)
		near(t, what+": centres", z.mus, c.Mus)
		near(t, what+": widths", z.sigmas, c.Sigmas)
		near(t, what+": chances", slices.Concat(z.chances...), slices.Concat(c.Chances...))
		var got []float64
		for _, x := range c.Candidates {
			got = append(got, z.logDensity(x))
		}
		near(t, what+": log density", got, c.LogDensity)
	}
	if len(f.Cases) != 63 {
		t.Errorf("%d cases", len(f.Cases))
	}
}

// directions are Optuna's words.
var directions = map[string]Direction{"minimize": Minimise, "maximize": Maximise}

// tuned is the space of tpe.json.
func tuned(t *testing.T) *Space {
	return space(t,
		Parameter{Name: "rate", Kind: Float, Low: 1e-4, High: 1, Log: true},
		Parameter{Name: "depth", Kind: Int, Low: 1, High: 8},
		Parameter{Name: "kind", Kind: Categorical, Choices: []any{"a", "b"}},
		Parameter{Name: "drop", Kind: Float, High: 0.9, Step: 0.1, When: &Condition{Name: "kind", In: []any{"a"}}},
	)
}

// worst has the trials that Optuna pruned as complete ones of the worst value: both kinds
// come behind every other complete one, and keep their place in the history.
func worst(history []Trial, d Direction) []Trial {
	for i := range history {
		if history[i].State == "pruned" {
			history[i].State, history[i].Value = Complete, d.loss(math.MaxFloat64)
		}
	}
	return history
}

func TestTheCandidateThatOptunaTakesIsTaken(t *testing.T) {
	var f struct {
		Cases []struct {
			Direction string
			History   []Trial
			Below     []int
			Picks     map[string]struct {
				Candidates, Ratios []float64
				Best               int
			}
		}
	}
	peer(t, "tpe.json", &f)
	s := tuned(t)
	for i, c := range f.Cases {
		d := directions[c.Direction]
		all, err := s.observe(worst(c.History, d), d)
		if err != nil {
			t.Fatal(err)
		}
		below, above := divide(all)
		var want []observation
		for _, number := range c.Below {
			want = append(want, all[number])
		}
		if fmt.Sprint(below) != fmt.Sprint(want) {
			t.Errorf("case %d: the good trials are %v, want %v", i, below, want)
		}
		for _, p := range s.parameters {
			pick := c.Picks[p.Name]
			l, g := newParzen(&p, of(&p, below)), newParzen(&p, of(&p, above))
			var ratios []float64
			for _, x := range pick.Candidates {
				ratios = append(ratios, l.logDensity(x)-g.logDensity(x))
			}
			near(t, fmt.Sprintf("case %d: %s", i, p.Name), ratios, pick.Ratios)
			if got := best(l, g, pick.Candidates); got != pick.Best {
				t.Errorf("case %d: %s: took candidate %d, want %d", i, p.Name, got, pick.Best)
			}
		}
	}
	if len(f.Cases) != 4 {
		t.Errorf("%d cases", len(f.Cases))
	}
}

func TestTheUnscrambledSequenceIsThatOfSciPy(t *testing.T) {
	var f struct{ Points [][]float64 }
	peer(t, "halton.json", &f)
	for i, point := range f.Points {
		for j, base := range primes(len(point)) {
			if got := mirrored(i, base, nil); math.Abs(got-point[j]) > 1e-14 {
				t.Fatalf("point %d in base %d is %v, want %v", i, base, got, point[j])
			}
		}
	}
	if len(f.Points) != 300 {
		t.Errorf("%d points", len(f.Points))
	}
}

// The functions of testdata/peers.py.
var functions = map[string]struct {
	space []Parameter
	loss  func(a Assignment, number int) float64
}{
	"branin": {[]Parameter{{Name: "x", Kind: Float, Low: -5, High: 10}, {Name: "y", Kind: Float, High: 15}}, func(a Assignment, _ int) float64 {
		x, y := a["x"].(float64), a["y"].(float64)
		z := y - 5.1/(4*math.Pi*math.Pi)*x*x + 5/math.Pi*x - 6
		return z*z + 10*(1-1/(8*math.Pi))*math.Cos(x) + 10
	}},
	"mixture": {[]Parameter{
		{Name: "kind", Kind: Categorical, Choices: []any{"tree", "net", "none"}},
		{Name: "rate", Kind: Float, Low: 1e-5, High: 1, Log: true},
		{Name: "units", Kind: Int, Low: 8, High: 512, Log: true},
		{Name: "drop", Kind: Float, High: 0.9, Step: 0.1},
		{Name: "depth", Kind: Int, Low: 1, High: 20, When: &Condition{"kind", []any{"tree"}}},
		{Name: "width", Kind: Float, Low: -2, High: 2, When: &Condition{"kind", []any{"net"}}},
	}, func(a Assignment, _ int) float64 {
		square := func(x float64) float64 { return x * x }
		loss := square(math.Log10(a["rate"].(float64))+2)/4 + math.Abs(float64(a["units"].(int64))-96)/96*0.5 + square(a["drop"].(float64)-0.3)*2
		switch a["kind"] {
		case "tree":
			return loss + math.Abs(float64(a["depth"].(int64))-7)*0.1 + 0.2
		case "net":
			return loss + square(a["width"].(float64)-1)
		}
		return loss + 1.5
	}},
	"noisy": {[]Parameter{{Name: "x", Kind: Float, Low: 1e-6, High: 100, Log: true}, {Name: "y", Kind: Float, Low: 1e-3, High: 1e3, Log: true}}, func(a Assignment, number int) float64 {
		u, v := math.Log10(a["x"].(float64)), math.Log10(a["y"].(float64))
		return (u+2)*(u+2) + 0.5*(v-1)*(v-1) + 0.3*math.Sin(1000*u+77*v+float64(number))
	}},
}

// search is the best loss that a sampler finds.
func search(t *testing.T, sampler Sampler, trials int, loss func(Assignment, int) float64) float64 {
	t.Helper()
	least := math.Inf(1)
	var history []Trial
	for number := range trials {
		next, err := sampler.Suggest(history, 1)
		if err != nil {
			t.Fatal(err)
		}
		value := loss(next[0], number)
		least = min(least, value)
		history = append(history, Trial{Params: next[0], State: Complete, Value: value})
	}
	return least
}

// TestSearchesEndWhereOptunasEnd compares the best of 60 trials with 20 seeds: by the rank
// sum of Mann and Whitney, ours are not worse (z below 2.33, one in a hundred), and they are
// better than at random.
func TestSearchesEndWhereOptunasEnd(t *testing.T) {
	var f struct {
		Trials int
		Best   map[string][]float64
	}
	peer(t, "benchmarks.json", &f)
	for name, function := range functions {
		s := space(t, function.space...)
		var ours, blind []float64
		for seed := range f.Best[name] {
			tpe, err := NewTPE(s, uint64(seed), TPEOptions{Direction: Minimise})
			if err != nil {
				t.Fatal(err)
			}
			ours = append(ours, search(t, tpe, f.Trials, function.loss))
			blind = append(blind, search(t, NewRandom(s, uint64(seed)), f.Trials, function.loss))
		}
		worse, better := rankSum(ours, f.Best[name]), rankSum(blind, ours)
		t.Logf("%s: median %.4f, Optuna %.4f (z %+.2f), at random %.4f (z %+.2f)", name, median(ours), median(f.Best[name]), worse, median(blind), better)
		if worse > 2.33 {
			t.Errorf("%s: worse than Optuna: z %.2f", name, worse)
		}
		if better < 2.33 {
			t.Errorf("%s: not better than at random: z %.2f", name, better)
		}
	}
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// rankSum is Mann's and Whitney's U as a z value: above 0 where x tends to be larger than y.
func rankSum(x, y []float64) float64 {
	u := 0.0
	for _, a := range x {
		for _, b := range y {
			switch {
			case a > b:
				u++
			case a == b:
				u += 0.5
			}
		}
	}
	n, m := float64(len(x)), float64(len(y))
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

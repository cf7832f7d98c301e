package stats

import (
	"errors"
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

func samples(users []int32, values ...[]float64) []Sample {
	var all []Sample
	for _, v := range values {
		all = append(all, Sample{users, v})
	}
	return all
}

func TestUsersAreAveragedOverSeedsBeforeTheyAreCompared(t *testing.T) {
	users := []int32{3, 5, 8}
	method := samples(users, []float64{1, 0, 0.5}, []float64{0, 1, 0.5})
	reference := samples(users, []float64{0.25, 0.5, 0.75})
	c, err := Compare(method, reference, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Difference.Mean != 0 || c.Better != 1 || c.Worse != 1 || c.T.P != 1 || c.RandomP != 1 || c.Difference.N != 3 {
		t.Errorf("got %+v", c)
	}
	over, _ := SeedInterval(method, 0.95)
	if over.N != 2 || over.Mean != 0.5 || over.Low != 0.5 {
		t.Errorf("interval over seeds %+v", over)
	}
	if over, _ = SeedInterval(reference, 0.95); over.Known() {
		t.Errorf("one seed has the interval %+v", over)
	}
	if over, _ = UserInterval(method, 0.95); over.N != 3 || over.Low != 0.5 {
		t.Errorf("interval over users %+v", over)
	}
}

func TestDifferentUsersAreNotCompared(t *testing.T) {
	a := samples([]int32{1, 2}, []float64{0, 1})
	for what, b := range map[string][]Sample{
		"users":   samples([]int32{1, 3}, []float64{0, 1}),
		"number":  samples([]int32{1}, []float64{0}),
		"values":  {{Users: []int32{1, 2}}},
		"nothing": nil,
		"length":  samples([]int32{1, 2}, []float64{0}),
	} {
		if _, err := Compare(a, b, CompareOptions{}); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", what, err)
		}
		if _, err := Compare(b, a, CompareOptions{}); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s, turned round: error %v", what, err)
		}
	}
}

func TestDegenerateDifferencesHaveDefinedTests(t *testing.T) {
	for _, c := range []struct {
		d []float64
		p float64
	}{{nil, 1}, {[]float64{0.5}, 1}, {[]float64{0, 0, 0}, 1}, {[]float64{0.5, 0.5}, 0}} {
		if got := TTest(c.d); got.P != c.p || math.IsNaN(got.T) || math.IsNaN(got.Dz) {
			t.Errorf("%v: %+v", c.d, got)
		}
	}
	if p := SignFlip([]float64{0.1, 0.2, 0, 0.3}, 100, 1); p != 2.0/8 {
		t.Errorf("three positive differences: p = %v, want 1/4", p)
	}
}

func TestRandomTestsDependOnTheSeedAlone(t *testing.T) {
	rng := generator(1)
	d := make([]float64, 200)
	for i := range d {
		d[i] = rng.NormFloat64() + 0.1
	}
	if a, b := SignFlip(d, 1000, 7), SignFlip(d, 1000, 7); a != b {
		t.Errorf("p-values %v and %v from one seed", a, b)
	}
	if a, b := BootstrapInterval(d, 0.9, 500, 7), BootstrapInterval(d, 0.9, 500, 7); a != b {
		t.Errorf("intervals %v and %v from one seed", a, b)
	}
	if a, b := BootstrapInterval(d, 0.9, 500, 7), BootstrapInterval(d, 0.9, 500, 8); a == b {
		t.Error("the seed does not change the bootstrap")
	}
}

func TestAdjustCountsTheFamily(t *testing.T) {
	family := []Comparison{{T: PairedT{P: 0.01}, RandomP: 0.2}, {T: PairedT{P: 0.04}, RandomP: 0.1}, {T: PairedT{P: 0.03}, RandomP: 0.9}}
	Adjust(family)
	var adjusted []float64
	for _, c := range family {
		adjusted = append(adjusted, c.HolmT)
	}
	if !slices.Equal(adjusted, []float64{0.03, 0.06, 0.06}) || family[0].Family != 3 || math.Abs(family[1].HolmRandom-0.3) > 1e-12 {
		t.Errorf("got %+v", family)
	}
}

package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

func samples(users []int32, values ...[]float64) []Sample {
	var all []Sample
	for _, v := range values {
		all = append(all, Sample{Users: users, Values: v})
	}
	return all
}

func TestUsersAreAveragedOverSeedsBeforeTheyAreCompared(t *testing.T) {
	users := []int32{3, 5, 8}
	p, err := Pair(samples(users, []float64{1, 0, 0.5}, []float64{0, 1, 0.5}), samples(users, []float64{0.25, 0.5, 0.75}))
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Differences(); !slices.Equal(d, []float64{0.25, 0, -0.25}) || Count(d) != (Counts{1, 1, 1}) {
		t.Errorf("differences %v", d)
	}
}

func TestWhatIsEqualButForRoundingIsATie(t *testing.T) {
	users := []int32{1, 2}
	a, b := samples(users, []float64{0.1, 0.9}, []float64{0.2, 0.9}, []float64{0.3, 0.9}), samples(users, []float64{0.3, 0.9}, []float64{0.2, 0.9}, []float64{0.1, 0.8})
	p, err := Pair(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if left, right := a[0].Values[0]/3+a[1].Values[0]/3+a[2].Values[0]/3, b[0].Values[0]/3+b[1].Values[0]/3+b[2].Values[0]/3; left == right {
		t.Fatal("the means are equal; the test needs ones that rounding parts")
	}
	if d := p.Differences(); d[0] != 0 || math.Abs(d[1]-0.1/3) > 1e-12 {
		t.Errorf("differences %v", d)
	}
}

func TestDifferencesThatAreEqualButForRoundingHaveOneRank(t *testing.T) {
	third := 1.0 / 3
	if 1-2*third == third {
		t.Fatal("the differences are equal; the test needs ones that rounding parts")
	}
	users := []int32{1, 2, 3}
	p, err := Pair(samples(users, []float64{third, 1, 0}), samples(users, []float64{0, 2 * third, third}))
	if err != nil {
		t.Fatal(err)
	}
	if r := Wilcoxon(p.Differences(), WilcoxonOptions{}); r.Plus != 4 || r.Minus != 2 {
		t.Errorf("differences %v have the rank sums %v and %v, want 4 and 2", p.Differences(), r.Plus, r.Minus)
	}
}

func TestSplitsAreAveragedApartFromSeeds(t *testing.T) {
	a := []Sample{
		{Split: 2, Users: []int32{1, 4}, Values: []float64{1, 0}},
		{Split: 1, Users: []int32{1, 2}, Values: []float64{1, 1}},
		{Split: 1, Users: []int32{1, 2}, Values: []float64{0, 1}}, // another seed
	}
	merged, err := Merge(a)
	if err != nil {
		t.Fatal(err)
	}
	if means := SplitMeans(merged); !slices.Equal(means, []float64{0.75, 0.5}) {
		t.Errorf("means of the splits %v", means)
	}
	users, means := UserMeans(merged)
	if !slices.Equal(users, []int32{1, 2, 4}) || !slices.Equal(means, []float64{0.75, 1, 0}) {
		t.Errorf("users %v have the means %v", users, means)
	}
	b := []Sample{{Split: 2, Users: []int32{1, 4}, Values: []float64{0, 0}}, {Split: 3, Users: []int32{1}, Values: []float64{0}}}
	p, err := Pair(a, b)
	if err != nil || !slices.Equal(p.Splits, []int{2}) || !slices.Equal(p.SplitDifferences, []float64{0.5}) || !slices.Equal(p.Differences(), []float64{1, 0}) {
		t.Errorf("pairs %+v, error %v", p, err)
	}
	if p, err := Pair(a, b[1:]); err != nil || len(p.Splits)+len(p.Users)+len(p.Differences()) > 0 {
		t.Errorf("no common split: %+v, error %v", p, err)
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
		if _, err := Pair(a, b); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", what, err)
		}
		if _, err := Pair(b, a); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s, turned round: error %v", what, err)
		}
	}
}

func TestDegenerateDifferencesHaveDefinedTests(t *testing.T) {
	for _, c := range []struct {
		d              []float64
		t, ranks, flip float64
	}{{nil, 1, 1, 1}, {[]float64{0.5}, 1, 1, 1}, {[]float64{0, 0, 0}, 1, 1, 1}, {[]float64{0.5, 0.5}, 0, 0.5, 0.5}} {
		if got := TTest(c.d); got.P != c.t || math.IsNaN(got.T) || math.IsNaN(got.Dz) {
			t.Errorf("%v: %+v", c.d, got)
		}
		if got := Wilcoxon(c.d, WilcoxonOptions{}); got.P != c.ranks || math.IsNaN(got.RankBiserial) {
			t.Errorf("%v: %+v", c.d, got)
		}
		if got := SignFlip(c.d, 100, 1); got != c.flip {
			t.Errorf("%v: sign flip %v", c.d, got)
		}
	}
	if p := SignFlip([]float64{0.1, 0.2, 0, 0.3}, 100, 1); p != 2.0/8 {
		t.Errorf("three positive differences: p = %v, want 1/4", p)
	}
	for _, one := range [][]float64{nil, {0.5}} {
		if TestSplits(one, Resampling{Ratio: 0.1}, 0.95).Known() || BCaInterval(one, 0.95, 10, 1).Known() {
			t.Errorf("%v has borders", one)
		}
	}
	if same := BCaInterval([]float64{2, 2, 2}, 0.95, 50, 1); same.Low != 2 || same.High != 2 {
		t.Errorf("equal values have the interval %+v", same)
	}
	if got := TestSplits([]float64{0.5, 0.5}, Resampling{Ratio: 0.1}, 0.95); got.P != 0 || got.Low != 0.5 {
		t.Errorf("equal splits: %+v", got)
	}
}

func TestBootstrapOfAMeanOutsideOfItsResamplesIsFinite(t *testing.T) {
	values := []float64{0, 0, 0, 10}
	got := biasCorrected(values, []float64{0, 0.5, 1, 1.5}, 0.95)
	if math.IsNaN(got.Low) || math.IsNaN(got.High) || got.Low > got.High {
		t.Errorf("got %+v", got)
	}
}

func TestResamplesPickEveryPlaceAsOften(t *testing.T) {
	values := make([]float64, 7)
	values[3] = 1
	source, total := source(3), 0.0
	for range 20000 {
		total += resampledSum(values, source)
	}
	if mean := total / 20000; math.Abs(mean-1) > 4*math.Sqrt(6.0/7/20000) {
		t.Errorf("one place of seven was picked %v times in seven draws", mean)
	}
}

func drifting(n int, share float64) []float64 {
	rng := rand.New(source(1))
	d := make([]float64, n)
	for i := range d {
		if rng.Float64() < share {
			d[i] = rng.NormFloat64() + 0.1
		}
	}
	return d
}

func TestRandomTestsDependOnTheSeedAlone(t *testing.T) {
	d := drifting(200, 1)
	if a, b := SignFlip(d, 1000, 7), SignFlip(d, 1000, 7); a != b {
		t.Errorf("p-values %v and %v from one seed", a, b)
	}
	if a, b := BCaInterval(d, 0.9, 500, 7), BCaInterval(d, 0.9, 500, 7); a != b {
		t.Errorf("intervals %v and %v from one seed", a, b)
	}
	if a, b := BCaInterval(d, 0.9, 500, 7), BCaInterval(d, 0.9, 500, 8); a == b {
		t.Error("the seed does not change the bootstrap")
	}
}

func TestMethodsDoWhatTheyAreCalled(t *testing.T) {
	d := drifting(300, 0.5)
	for test, want := range map[Test]float64{
		"": TTest(d).P, TestT: TTest(d).P, TestWilcoxon: Wilcoxon(d, WilcoxonOptions{Zeros: ZerosPratt}).P, TestRandomisation: SignFlip(d, Resamples, 4),
	} {
		if got := (Method{Test: test, Seed: 4, Wilcoxon: WilcoxonOptions{Zeros: ZerosPratt}}).P(d); got != want {
			t.Errorf("%s: p = %v, want %v", test, got, want)
		}
	}
	for bounds, want := range map[Bounds]Interval{
		"": TInterval(d, 0.9), BoundsPercentile: PercentileInterval(d, 0.9, Resamples, 4), BoundsBCa: BCaInterval(d, 0.9, Resamples, 4),
	} {
		if got := (Method{Bounds: bounds, Level: 0.9, Seed: 4}).Interval(d); got != want {
			t.Errorf("%s: %+v, want %+v", bounds, got, want)
		}
	}
}

// The users of the paper's largest data set, one thread. Floors: a pass over the differences
// (t), a sort of those that are not zero (wilcoxon) and two more of both sides (effects); of
// 10,000 resamples, an addition for every eight users who differ, 28 million (randomisation),
// or one for every user, 224 million (bca).
func BenchmarkOver22363Users(b *testing.B) {
	for name, share := range map[string]float64{"all differ": 1, "one in ten differs": 0.1} {
		d := drifting(22363, share)
		for test, run := range map[string]func(){
			"t": func() { TTest(d) }, "wilcoxon": func() { Wilcoxon(d, WilcoxonOptions{}) },
			"randomisation": func() { SignFlip(d, Resamples, 1) }, "bca": func() { BCaInterval(d, 0.95, Resamples, 1) },
			"effects": func() { (&Pairs{a: d, b: make([]float64, len(d)), differences: d}).Effects() },
		} {
			b.Run(test+", "+name, func(b *testing.B) {
				for b.Loop() {
					run()
				}
			})
		}
	}
}

func TestTheDirectionIsThatOfWhatIsTested(t *testing.T) {
	d := []float64{10, -1, -2, -3, -4, -5, -6, -7} // one large gain, many small losses
	if got := (Method{}).Direction(d); got != -1 {
		t.Errorf("the mean of %v points %d", d, got)
	}
	d[0] = 60
	for test, want := range map[Test]int{TestT: 1, TestRandomisation: 1, TestWilcoxon: -1} {
		if got := (Method{Test: test}).Direction(d); got != want {
			t.Errorf("%s points %d, want %d", test, got, want)
		}
	}
}

func TestDifferencesOfSplitsThatAreRoundingAreTies(t *testing.T) {
	var a, b []Sample
	for split := range 4 {
		a = append(a, Sample{Split: split, Users: []int32{1, 2}, Values: []float64{0.1 + 0.2, 1}})
		b = append(b, Sample{Split: split, Users: []int32{1, 2}, Values: []float64{0.3, 1}})
	}
	p, err := Pair(a, b)
	if err != nil || slices.ContainsFunc(p.SplitDifferences, func(d float64) bool { return d != 0 }) {
		t.Errorf("differences %v, error %v", p.SplitDifferences, err)
	}
}

package stats

import (
	"cmp"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// Sample is what one trial of a method measured: a metric's value for each user.
type Sample struct {
	// Split numbers the split of the data; samples of one split are of several seeds.
	Split  int
	Users  []int32
	Values []float64 // as Users
}

// Merge averages the samples of one method over the seeds of each split: one sample
// for each split, by rising number. No sample, and samples of one split that are of
// different users, are an ErrInvalid.
func Merge(samples []Sample) ([]Sample, error) {
	if len(samples) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is no result to average")
	}
	sorted := slices.SortedStableFunc(slices.Values(samples), func(a, b Sample) int { return cmp.Compare(a.Split, b.Split) })
	var merged []Sample
	for len(sorted) > 0 {
		n := slices.IndexFunc(sorted, func(s Sample) bool { return s.Split != sorted[0].Split })
		if n < 0 {
			n = len(sorted)
		}
		m, err := overSeeds(sorted[:n])
		if err != nil {
			return nil, err
		}
		merged, sorted = append(merged, m), sorted[n:]
	}
	return merged, nil
}

func overSeeds(samples []Sample) (Sample, error) {
	first := samples[0]
	if len(samples) == 1 && len(first.Values) == len(first.Users) { // nothing is copied
		return first, nil
	}
	m := Sample{Split: first.Split, Users: first.Users, Values: make([]float64, len(first.Users))}
	for _, s := range samples {
		if len(s.Values) != len(s.Users) || !slices.Equal(s.Users, first.Users) {
			return m, differentUsers
		}
		for i, v := range s.Values {
			m.Values[i] += v / float64(len(samples))
		}
	}
	return m, nil
}

var differentUsers = contract.Errorf(contract.ErrInvalid, "the results are about different users")

// SplitMeans are the means over users of each merged sample.
func SplitMeans(merged []Sample) []float64 {
	means := make([]float64, len(merged))
	for i, s := range merged {
		means[i] = Mean(s.Values)
	}
	return means
}

// UserMeans is every user's mean over the splits in which the user was measured: the
// users, neither seeds nor splits, are then the sample. Users stand in the order in
// which the splits name them first.
func UserMeans(merged []Sample) (users []int32, means []float64) {
	if len(merged) == 1 { // in the usual case nothing is copied
		return merged[0].Users, merged[0].Values
	}
	places := map[int32]int{}
	var splits []float64
	for _, s := range merged {
		for i, user := range s.Users {
			at, known := places[user]
			if !known {
				at = len(users)
				places[user] = at
				users, means, splits = append(users, user), append(means, 0), append(splits, 0)
			}
			means[at] += s.Values[i]
			splits[at]++
		}
	}
	for i := range means {
		means[i] /= splits[i]
	}
	return users, means
}

// Pairs are two methods side by side, on the splits that both have.
type Pairs struct {
	Users []int32
	// Splits are the numbers of the common splits, SplitDifferences the mean over users
	// of a less b in each, rounded as Sides are.
	Splits           []int
	SplitDifferences []float64

	a, b        []float64 // as they were given
	differences []float64
	grid        int // values are multiples of 2^-grid, where there is a grid
	gridded     bool
}

// Pair puts the samples of two methods side by side; without a split in common there is
// nothing in it. Other users in a common split are an ErrInvalid.
func Pair(a, b []Sample) (*Pairs, error) {
	left, err := Merge(a)
	if err != nil {
		return nil, err
	}
	right, err := Merge(b)
	if err != nil {
		return nil, err
	}
	left, right = common(left, right), common(right, left)
	p := &Pairs{}
	for i, l := range left {
		if !slices.Equal(l.Users, right[i].Users) {
			return nil, differentUsers
		}
		p.Splits = append(p.Splits, l.Split)
		p.differences = differences(l.Values, right[i].Values)
		p.SplitDifferences = append(p.SplitDifferences, Mean(p.differences))
	}
	p.Users, p.a = UserMeans(left)
	_, p.b = UserMeans(right)
	if len(left) != 1 {
		p.differences = differences(p.a, p.b)
	}
	p.round()
	return p, nil
}

// common are the merged samples of the splits that others have too.
func common(merged, others []Sample) []Sample {
	var both []Sample
	for _, s := range merged {
		if slices.ContainsFunc(others, func(o Sample) bool { return o.Split == s.Split }) {
			both = append(both, s)
		}
	}
	return both
}

// Differences are those of each user, a less b, rounded as Sides are.
func (p *Pairs) Differences() []float64 { return p.differences }

// Sides are the means over seeds and splits of a and of b, as Users, to 40 binary places of the
// largest: what is equal but for rounding is equal.
func (p *Pairs) Sides() (a, b []float64) {
	a, b = slices.Clone(p.a), slices.Clone(p.b)
	if p.gridded {
		onGrid(a, p.grid)
		onGrid(b, p.grid)
	}
	return a, b
}

// places is how many binary places of the largest value a value keeps.
const places = 40

// round keeps places of the largest value of both sides. Means over the same numbers in
// another order, and differences such as 1 - 2/3 and 1/3 - 0, differ by rounding and
// shall be ties.
func (p *Pairs) round() {
	largest := 0.0
	for i, a := range p.a {
		largest = max(largest, math.Abs(a), math.Abs(p.b[i]))
	}
	if largest == 0 || math.IsInf(largest, 0) {
		return
	}
	_, exponent := math.Frexp(largest)
	p.grid, p.gridded = places-exponent, true
	onGrid(p.differences, p.grid)
	onGrid(p.SplitDifferences, p.grid)
}

// onGrid rounds values to multiples of 2^-k, none of which is more than 2^places of them.
func onGrid(values []float64, k int) {
	if k < -900 || k > 900 { // these powers of two, or what they give, are not all normal numbers
		for i, v := range values {
			values[i] = math.Ldexp(math.Round(math.Ldexp(v, k)), -k)
		}
		return
	}
	up, down := math.Ldexp(1, k), math.Ldexp(1, -k) // by which a product is exact
	for i, v := range values {
		values[i] = rounded(v*up) * down
	}
}

// rounded is math.Round by an instruction that processors have.
func rounded(x float64) float64 {
	whole := math.Trunc(x)
	if math.Abs(x-whole) >= 0.5 {
		return whole + math.Copysign(1, x)
	}
	return whole
}

func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return d
}

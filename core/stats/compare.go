package stats

import (
	"cmp"
	"slices"
)

// CompareOptions say how to compare. Zero values are the defaults.
type CompareOptions struct {
	Level     float64 // of the interval of the difference, default DefaultLevel
	Resamples int     // of the randomisation test, default 10000
	Seed      uint64  // of the randomisation test
}

// Comparison is a paired test over users of a method against a reference in one
// metric. Each user's values are first averaged over the seeds.
type Comparison struct {
	Difference Interval // mean of method minus reference, with its t-interval
	T          PairedT
	RandomP    float64 // p-value of the sign-flip randomisation test
	// HolmT and HolmRandom are the p-values corrected for the family of
	// comparisons that Adjust was given; before Adjust they equal the raw ones.
	HolmT, HolmRandom float64
	Family            int // number of comparisons in that family
	Better, Worse     int // users for whom the method is better, and worse
}

// Compare tests a method against a reference; each is given by the results of
// its seeds, and all samples must be about the same users.
func Compare(method, reference []Sample, o CompareOptions) (Comparison, error) {
	a, err := UserMeans(method)
	if err != nil {
		return Comparison{}, err
	}
	// Averaging the reference together with the method checks that both are
	// about the same users.
	if _, err := UserMeans(slices.Concat(method[:1], reference)); err != nil {
		return Comparison{}, err
	}
	b, err := UserMeans(reference)
	if err != nil {
		return Comparison{}, err
	}
	return compareUsers(a, b, o), nil
}

func compareUsers(a, b []float64, o CompareOptions) Comparison {
	d := make([]float64, len(a))
	c := Comparison{Family: 1}
	for i := range d {
		d[i] = a[i] - b[i]
		switch cmp.Compare(d[i], 0) {
		case 1:
			c.Better++
		case -1:
			c.Worse++
		}
	}
	c.Difference = TInterval(d, cmp.Or(o.Level, DefaultLevel))
	c.T = TTest(d)
	c.RandomP = SignFlip(d, cmp.Or(o.Resamples, 10000), o.Seed)
	c.HolmT, c.HolmRandom = c.T.P, c.RandomP
	return c
}

// Adjust corrects the p-values of a family of comparisons by Holm's method. The
// family is what a reader looks through for a winner: the methods of one table
// under one metric, or more.
func Adjust(family []Comparison) {
	t, random := make([]float64, len(family)), make([]float64, len(family))
	for i, c := range family {
		t[i], random[i] = c.T.P, c.RandomP
	}
	t, random = Holm(t), Holm(random)
	for i := range family {
		family[i].HolmT, family[i].HolmRandom, family[i].Family = t[i], random[i], len(family)
	}
}

// Holm corrects p-values for the family-wise error (Holm 1979): the i-th
// smallest of m is multiplied by m-i+1, and made to rise.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = highest
	}
	return adjusted
}

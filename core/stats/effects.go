package stats

import (
	"math"
	"slices"
)

// Effects say how large a difference over users is, apart from whether it is one.
type Effects struct {
	// Dz is Cohen's d_z (1988): the mean difference over the standard deviation of the
	// differences. Infinite when all differences are the same and not zero.
	Dz float64
	// HedgesG is Dz without its bias in small samples (Hedges 1981).
	HedgesG float64
	// RankBiserial is that of the signed-rank test (Kerby 2014), in [-1, 1].
	RankBiserial float64
	// CliffDelta is, over all pairs of one user's value of a and another's or the same
	// user's of b, the share where a is larger less the share where b is (Cliff
	// 1993), in [-1, 1]. It takes no notice of the pairing.
	CliffDelta float64
	// CommonLanguage is the share of users for whom a is larger, and half of those for
	// whom both are equal (McGraw and Wong 1992, for pairs), in [0, 1].
	CommonLanguage float64
}

// Effects measures a against b.
func (p *Pairs) Effects() Effects {
	d := p.Differences()
	a, b := p.Sides()
	e := Effects{Dz: TTest(d).Dz, RankBiserial: Wilcoxon(d, WilcoxonOptions{}).RankBiserial, CliffDelta: cliffDelta(a, b)}
	e.HedgesG = e.Dz * smallSample(len(d)-1)
	c := Count(d)
	e.CommonLanguage = (float64(c.Win) + float64(c.Tie)/2) / float64(len(d))
	return e
}

// smallSample is Hedges' exact factor, sqrt(2/df) Γ(df/2) / Γ((df-1)/2). It needs
// two degrees of freedom; below, it is 0.
func smallSample(df int) float64 {
	if df < 2 {
		return 0
	}
	f := float64(df)
	upper, _ := math.Lgamma(f / 2)
	lower, _ := math.Lgamma((f - 1) / 2)
	return math.Exp(upper-lower) * math.Sqrt(2/f)
}

// cliffDelta walks through both sides sorted.
func cliffDelta(a, b []float64) float64 {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	larger, below, upTo := 0, 0, 0
	for _, v := range a {
		for below < len(b) && b[below] < v {
			below++
		}
		for upTo < len(b) && b[upTo] <= v {
			upTo++
		}
		larger += below - (len(b) - upTo)
	}
	return float64(larger) / (float64(len(a)) * float64(len(b)))
}

// Counts are the users for whom a method is better, equal and worse.
type Counts struct {
	Win  int `json:"win"`
	Tie  int `json:"tie"`
	Loss int `json:"loss"`
}

// Count counts the signs of differences.
func Count(differences []float64) Counts {
	var c Counts
	for _, d := range differences {
		switch {
		case d > 0:
			c.Win++
		case d < 0:
			c.Loss++
		default:
			c.Tie++
		}
	}
	return c
}

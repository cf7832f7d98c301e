package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func TestRanksOverDataSetsEqualSciPy(t *testing.T) {
	var f struct {
		Cases []struct {
			Values   [][]float64
			Ranks    []float64
			Chi      float64 `json:"chi_squared"`
			P        float64
			Critical float64
		}
	}
	readFixture(t, "ranks.json", &f)
	if len(f.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range f.Cases {
		got := RankMethods(c.Values, 0.95)
		for m, want := range c.Ranks {
			equal(t, "average rank", got.Ranks[m], want, 1e-12)
		}
		equal(t, "chi squared", got.ChiSquared, c.Chi, 1e-9)
		relative(t, "p", got.P, c.P, 1e-9)
		equal(t, "critical difference", got.Critical, c.Critical, 1e-6)
	}
}

// Table 5(a) of Demsar 2006: q for 2 to 10 methods at 0.05, to three decimals.
func TestNemenyiEqualsThePublishedTable(t *testing.T) {
	for i, want := range []float64{1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164} {
		if got := rangeQuantile(0.95, i+2) / math.Sqrt2; math.Abs(got-want) > 1e-3 {
			t.Errorf("q of %d methods is %.4f, published is %.3f", i+2, got, want)
		}
	}
}

// The statistic of Iman and Davenport is that of a two-way analysis of variance of the ranks,
// methods against what data sets and methods leave over: here from its sums of squares. Its
// p-value in one case of 5 methods on 6 data sets, F = 3 with 4 and 20 degrees of freedom, is by
// hand: the tail of F with even degrees of freedom is a finite sum, x^10 (11 - 10 x) at x =
// 20 / (20 + 4 F).
func TestImanDavenportIsTheAnalysisOfVarianceOfRanks(t *testing.T) {
	for _, values := range [][][]float64{
		{{1, 2, 3, 4}, {2, 1, 3, 4}, {1, 3, 2, 4}, {1, 2, 4, 3}},
		{{.1, .5, .3}, {.2, .2, .7}, {.9, .1, .4}, {.3, .6, .6}, {.5, .7, .1}},
	} {
		n, k := float64(len(values)), float64(len(values[0]))
		total, between := 0.0, 0.0
		sums := make([]float64, len(values[0]))
		for _, row := range values {
			ranks, _ := meanRanks(row)
			for m, r := range ranks {
				total += (r - (k+1)/2) * (r - (k+1)/2)
				sums[m] += r
			}
		}
		for _, s := range sums {
			between += n * (s/n - (k+1)/2) * (s/n - (k+1)/2)
		}
		want := between / (k - 1) / ((total - between) / ((k - 1) * (n - 1)))
		equal(t, "F", RankMethods(values, 0.95).F, want, 1e-9)
	}
	x := 20.0 / (20 + 4*3)
	relative(t, "p", distuv.F{D1: 4, D2: 20}.Survival(3), math.Pow(x, 10)*(11-10*x), 1e-9)
}

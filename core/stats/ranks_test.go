package stats

import (
	"math"
	"testing"
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

// The example of Demsar 2006, section 3.2.2: 4 methods on 14 data sets, average ranks 3.143,
// 2.000, 2.893 and 1.964, of which Friedman's statistic is 9.28 and Iman and Davenport's 3.69.
func TestImanDavenportEqualsThePublishedExample(t *testing.T) {
	auc := [][]float64{
		{0.763, 0.768, 0.771, 0.798}, {0.599, 0.591, 0.590, 0.569}, {0.954, 0.971, 0.968, 0.967}, {0.628, 0.661, 0.654, 0.657}, {0.882, 0.888, 0.886, 0.898},
		{0.936, 0.931, 0.916, 0.931}, {0.661, 0.668, 0.609, 0.685}, {0.583, 0.583, 0.563, 0.625}, {0.775, 0.838, 0.866, 0.875}, {1.000, 1.000, 1.000, 1.000},
		{0.940, 0.962, 0.965, 0.962}, {0.619, 0.666, 0.614, 0.669}, {0.972, 0.981, 0.9751, 0.975}, {0.957, 0.978, 0.946, 0.970},
	}
	got := RankMethods(auc, 0.95)
	for m, want := range []float64{3.143, 2.000, 2.893, 1.964} {
		if math.Abs(got.Ranks[m]-want) > 6e-4 {
			t.Errorf("rank %d is %.4f, published is %.3f", m, got.Ranks[m], want)
		}
	}
}

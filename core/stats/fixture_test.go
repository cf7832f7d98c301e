package stats

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

func readFixture(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance*max(1, math.Abs(want)) {
		t.Errorf("%s = %v, the reference has %v", what, got, want)
	}
}

func TestStatisticsEqualSciPy(t *testing.T) {
	var f struct {
		Cases []struct {
			A, B       []float64
			T, P, Dz   float64
			DF         int
			Difference [3]float64
			Mean99     [3]float64 `json:"mean_99"`
			SignFlip   float64    `json:"sign_flip"`
			Exact      bool
			Bootstrap  [2]float64
		}
		Holm []struct{ P, Adjusted []float64 }
	}
	readFixture(t, "statistics.json", &f)
	for _, c := range f.Cases {
		d := differences(c.A, c.B)
		got := TTest(d)
		equal(t, "t", got.T, c.T, 1e-10)
		equal(t, "p", got.P, c.P, 1e-9)
		equal(t, "dz", got.Dz, c.Dz, 1e-10)
		equal(t, "df", float64(got.DF), float64(c.DF), 0)
		checkInterval(t, TInterval(d, 0.95), c.Difference)
		checkInterval(t, TInterval(c.A, 0.99), c.Mean99)
		// SciPy draws other patterns: three standard errors of two estimates.
		tolerance := 1e-12
		if !c.Exact {
			tolerance = 3*math.Sqrt(2*c.SignFlip*(1-c.SignFlip)/100000) + 2e-5
		}
		equal(t, "sign flip", SignFlip(d, 100000, 5), c.SignFlip, tolerance)
		boot := PercentileInterval(c.A, 0.95, 20000, 9)
		width := c.Bootstrap[1] - c.Bootstrap[0]
		equal(t, "bootstrap low", boot.Low, c.Bootstrap[0], 0.05*width)
		equal(t, "bootstrap high", boot.High, c.Bootstrap[1], 0.05*width)
	}
	for _, c := range f.Holm {
		for i, p := range Holm(c.P) {
			equal(t, "Holm", p, c.Adjusted[i], 1e-14)
		}
	}
}

// paired is what testdata/make_paired.py writes.
type paired struct {
	Cases []struct {
		A, B        []float64
		SignedRanks []struct {
			Zeros        Zeros
			Continuity   bool
			Plus, Minus  float64
			N            int
			Exact        bool
			Z, P         float64
			RankBiserial float64 `json:"rank_biserial"`
		} `json:"signed_ranks"`
		Effects struct {
			Dz             float64
			HedgesG        float64 `json:"hedges_g"`
			CliffDelta     float64 `json:"cliff_delta"`
			CommonLanguage float64 `json:"common_language"`
			Counts
		}
		Bootstrap struct {
			Means     []float64
			Intervals []struct {
				Level           float64
				Percentile, BCa [2]float64
			}
		}
	}
	Holm   []struct{ P, Adjusted []float64 }
	Splits []struct {
		Means       []float64
		Ratio, T, P float64
		Low, High   float64
	}
}

func TestSignedRanksEqualSciPy(t *testing.T) {
	var f paired
	readFixture(t, "paired.json", &f)
	for _, c := range f.Cases {
		for _, want := range c.SignedRanks {
			got := Wilcoxon(differences(c.A, c.B), WilcoxonOptions{want.Zeros, want.Continuity})
			if got.N != want.N || got.Exact != want.Exact {
				t.Errorf("%d of %d differences, exact %v; want %d, %v", got.N, len(c.A), got.Exact, want.N, want.Exact)
			}
			equal(t, "W+", got.Plus, want.Plus, 1e-12)
			equal(t, "W-", got.Minus, want.Minus, 1e-12)
			equal(t, "z", -math.Abs(got.Z), want.Z, 1e-9) // SciPy gives the lower one
			relative(t, "p", got.P, want.P, 1e-9)
			equal(t, "rank-biserial", got.RankBiserial, want.RankBiserial, 1e-12)
		}
	}
}

func TestEffectSizesEqualSciPy(t *testing.T) {
	var f paired
	readFixture(t, "paired.json", &f)
	for _, c := range f.Cases {
		pairs, err := Pair([]Sample{{Users: make([]int32, len(c.A)), Values: c.A}}, []Sample{{Users: make([]int32, len(c.B)), Values: c.B}})
		if err != nil {
			t.Fatal(err)
		}
		got, want := pairs.Effects(), c.Effects
		equal(t, "dz", got.Dz, want.Dz, 1e-10)
		equal(t, "g", got.HedgesG, want.HedgesG, 1e-10)
		equal(t, "Cliff's delta", got.CliffDelta, want.CliffDelta, 1e-12)
		equal(t, "common language", got.CommonLanguage, want.CommonLanguage, 1e-12)
		if counts := Count(pairs.Differences()); counts != want.Counts {
			t.Errorf("counts %+v, want %+v", counts, want.Counts)
		}
	}
}

func TestBootstrapEqualsSciPyOnTheSameResamples(t *testing.T) {
	var f paired
	readFixture(t, "paired.json", &f)
	for _, c := range f.Cases {
		d, means := differences(c.A, c.B), slices.Sorted(slices.Values(c.Bootstrap.Means))
		for _, want := range c.Bootstrap.Intervals {
			got := percentiles(d, means, want.Level)
			equal(t, "percentile low", got.Low, want.Percentile[0], 1e-12)
			equal(t, "percentile high", got.High, want.Percentile[1], 1e-12)
			got = biasCorrected(d, means, want.Level)
			equal(t, "BCa low", got.Low, want.BCa[0], 1e-9)
			equal(t, "BCa high", got.High, want.BCa[1], 1e-9)
		}
	}
}

func TestHolmEqualsStatsmodels(t *testing.T) {
	var f paired
	readFixture(t, "paired.json", &f)
	for _, c := range f.Holm {
		for i, p := range Holm(c.P) {
			equal(t, "Holm", p, c.Adjusted[i], 1e-14)
		}
	}
}

func TestCorrectedResampledTEqualsItsReference(t *testing.T) {
	var f paired
	readFixture(t, "paired.json", &f)
	for _, want := range f.Splits {
		got := TestSplits(want.Means, Resampling{Apart: want.Ratio == 0, Ratio: want.Ratio}, 0.95)
		equal(t, "t", got.T, want.T, 1e-10)
		equal(t, "p", got.P, want.P, 1e-9)
		equal(t, "low", got.Low, want.Low, 1e-9)
		equal(t, "high", got.High, want.High, 1e-9)
	}
}

func relative(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s = %v, the reference has %v", what, got, want)
	}
}

func checkInterval(t *testing.T, got Interval, want [3]float64) {
	t.Helper()
	equal(t, "mean", got.Mean, want[0], 1e-12)
	equal(t, "low", got.Low, want[1], 1e-9)
	equal(t, "high", got.High, want[2], 1e-9)
}

package stats

import (
	"encoding/json"
	"math"
	"os"
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
		got := compareUsers(c.A, c.B, CompareOptions{Resamples: 100000, Seed: 5})
		equal(t, "t", got.T.T, c.T, 1e-10)
		equal(t, "p", got.T.P, c.P, 1e-9)
		equal(t, "dz", got.T.Dz, c.Dz, 1e-10)
		equal(t, "df", float64(got.T.DF), float64(c.DF), 0)
		checkInterval(t, got.Difference, c.Difference)
		checkInterval(t, TInterval(c.A, 0.99), c.Mean99)
		// SciPy draws other patterns: three standard errors of two estimates.
		tolerance := 1e-12
		if !c.Exact {
			tolerance = 3*math.Sqrt(2*c.SignFlip*(1-c.SignFlip)/100000) + 2e-5
		}
		equal(t, "sign flip", got.RandomP, c.SignFlip, tolerance)
		boot := BootstrapInterval(c.A, 0.95, 20000, 9)
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

func checkInterval(t *testing.T, got Interval, want [3]float64) {
	t.Helper()
	equal(t, "mean", got.Mean, want[0], 1e-12)
	equal(t, "low", got.Low, want[1], 1e-9)
	equal(t, "high", got.High, want[2], 1e-9)
}

package eval

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"cllm4rec/core/contract"
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

// The kinds in metrics.json.
const (
	kindTrain = iota + 1
	kindValidation
	kindTest
)

func TestMetricsEqualNumPy(t *testing.T) {
	var f struct {
		Users, Items int
		Scores       [][]float64
		Kind         [][]int
		Results      []struct {
			Mask    Rule
			PerUser map[string][]float64 `json:"per_user"`
		}
	}
	readFixture(t, "metrics.json", &f)
	rows := [kindTest + 1][][]int32{}
	for part := kindTrain; part <= kindTest; part++ {
		for _, kinds := range f.Kind {
			rows[part] = append(rows[part], where(kinds, part))
		}
	}
	split := newSplit(matrix(f.Items, rows[kindTrain]...), matrix(f.Items, rows[kindValidation]...), matrix(f.Items, rows[kindTest]...))
	for _, want := range f.Results {
		o := Options{Mask: want.Mask, Ties: contract.Ties{Rule: contract.TiesIndex}}
		for name := range want.PerUser {
			o.Metrics = append(o.Metrics, metric(t, name))
		}
		r, err := Evaluate(t.Context(), &scores{rows: f.Scores}, split, contract.PartTest, o)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range want.PerUser {
			for i, v := range values {
				equal(t, name, r.PerUser[name][i], v, 1e-12)
			}
		}
	}
}

func where(kinds []int, part int) []int32 {
	var items []int32
	for i, k := range kinds {
		if k == part {
			items = append(items, int32(i))
		}
	}
	return items
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
		got := compareUsers(c.A, c.B, "m", CompareOptions{Resamples: 100000, Seed: 5})
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

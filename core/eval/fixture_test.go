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

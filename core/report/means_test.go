package report

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

func TestATableOfMeansIsTheTableWithoutIntervalsAndTests(t *testing.T) {
	plan, from := sample()
	full, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for key, s := range from {
		if s.rec.Status == record.Done {
			s.rec.Results[0].Means = map[string]float64{}
			for i, metric := range s.users.Metrics {
				s.rec.Results[0].Means[metric] = stats.Mean(s.users.Values[i])
			}
		}
		s.users, s.rankings = nil, nil // a table of means reads none of them
		from[key] = s
	}
	means, err := Build(plan, from, Options{Means: true})
	if err != nil {
		t.Fatal(err)
	}
	for m, row := range full.Tables[0].Rows {
		got := means.Tables[0].Rows[m]
		if got.Method != row.Method || got.Cost != row.Cost || got.Failed != row.Failed || got.Missing != row.Missing {
			t.Errorf("got %+v, want %+v", got, row)
		}
		for i, c := range got.Cells {
			want := row.Cells[i]
			if c.Known != want.Known || math.Abs(c.Mean-want.Mean) > 1e-12 || c.Seeds != want.Seeds || c.Low != nil || c.Best || c.Against != 0 {
				t.Errorf("%s: got %+v, want %+v", row.Method, c, want)
			}
		}
	}
	if notes := strings.Join(means.Tables[0].Notes, "\n"); !strings.Contains(notes, "without intervals and tests") || strings.Contains(notes, "±") {
		t.Errorf("got %s", notes)
	}
}

func TestATableOfMeansComputesNoMetric(t *testing.T) {
	plan, from := sample()
	_, err := Build(plan, from, Options{Means: true, Metrics: []string{"recall@7"}})
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "has no recall@7 of the test part") || !strings.Contains(err.Error(), "leave --means out") {
		t.Errorf("got %v", err)
	}
}

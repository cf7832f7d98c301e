package eval

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func metric(t testing.TB, name string) Metric {
	t.Helper()
	m, err := ParseMetric(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Three relevant items; hits at positions 2, 3 and 7.
func TestMetricsEqualValuesWorkedByHand(t *testing.T) {
	hits, relevant := []int{2, 3, 7}, 3
	d := func(r float64) float64 { return 1 / math.Log2(r+1) }
	for name, want := range map[string]float64{
		"recall@1":     0,
		"recall@2":     1.0 / 3,
		"recall@7":     1,
		"recall_min@2": 1.0 / 2,
		"recall_min@3": 2.0 / 3,
		"recall_min@9": 1,
		"precision@2":  1.0 / 2,
		"precision@10": 3.0 / 10,
		"ndcg@1":       0,
		"ndcg@2":       d(2) / (d(1) + d(2)),
		"ndcg@10":      (d(2) + d(3) + d(7)) / (d(1) + d(2) + d(3)),
		"hit@1":        0,
		"hit@2":        1,
		"hr@7":         1,
		"map@2":        (1.0 / 2) / 2,
		"map@10":       (1.0/2 + 2.0/3 + 3.0/7) / 3,
		"mrr@1":        0,
		"mrr@5":        1.0 / 2,
	} {
		if got := metric(t, name).ofHits(hits, relevant); math.Abs(got-want) > 1e-15 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
}

func TestPerfectRankingScoresOne(t *testing.T) {
	for _, name := range []string{"recall_min@2", "ndcg@2", "ndcg@9", "map@2", "map@9", "mrr@2", "hit@1", "precision@1"} {
		if got := metric(t, name).ofHits([]int{1, 2, 3}, 3); got != 1 {
			t.Errorf("%s of a perfect ranking is %v", name, got)
		}
	}
}

func TestFormulaNamesTheDepth(t *testing.T) {
	if got := metric(t, "recall_min@20").Formula(); got != "hits / min(20, |R|)" {
		t.Errorf("formula %q", got)
	}
	for _, name := range MetricNames() {
		if f := metric(t, name+"@7").Formula(); f == "" || strings.Contains(f, "{k}") {
			t.Errorf("%s has the formula %q", name, f)
		}
	}
}

func TestParseMetricExplainsWhatIsWrong(t *testing.T) {
	for name, says := range map[string]string{
		"recal@20":    `did you mean "recall@20"`,
		"NDCG@100":    `did you mean "ndcg@100"`,
		"auc@5":       "known are recall, recall_min",
		"ndcg":        "has no depth",
		"ndcg@":       "not a whole number",
		"ndcg@0":      "not a whole number",
		"ndcg@-1":     "not a whole number",
		"ndcg@+1":     "not a whole number",
		"ndcg@010":    "not a whole number",
		"ndcg@1.5":    "not a whole number",
		"ndcg@9e99":   "not a whole number",
		"ndcg@10@10":  "not a whole number",
		"diversity@1": "not a whole number from 2",
		"":            "unknown metric",
		"recall_max5": "unknown metric",
	} {
		_, err := ParseMetric(name)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want one that says %q", name, err, says)
		}
	}
}

func TestParseMetricsRefusesRepetition(t *testing.T) {
	if _, err := ParseMetrics([]string{"ndcg@5", "hr@5", "ndcg@5"}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	ms, err := ParseMetrics([]string{"ndcg@5", "hr@5"})
	if err != nil || len(ms) != 2 || ms[1].String() != "hr@5" || ms[1].Depth() != 5 {
		t.Errorf("got %v, %v", ms, err)
	}
}

func FuzzParseMetric(f *testing.F) {
	for _, seed := range []string{"ndcg@100", "recall_min@1", "@", "hr@", "mrr@99999999999999999999", "map@٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		m, err := ParseMetric(name)
		if err == nil && (m.String() != name || m.Depth() < 1) {
			t.Errorf("%q became %q with depth %d", name, m, m.Depth())
		}
		if err != nil && !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%q: %v is not an ErrInvalid", name, err)
		}
	})
}

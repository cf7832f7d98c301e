package run_test

import (
	"strings"
	"testing"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

func TestCostsAreMeansOfEarlierRecordsOrUnknown(t *testing.T) {
	plan := &experiment.Plan{
		Datasets: []experiment.DatasetPlan{{Name: "D"}},
		Methods:  []experiment.MethodPlan{{Name: "A"}, {Name: "B"}},
		Trials:   []experiment.Trial{{Key: "a1"}, {Key: "a2"}, {Key: "b1", Method: 1}},
	}
	took := func(hash string, status record.Status, seconds int64) *record.Record {
		return &record.Record{Key: hash, Status: status, Dataset: "D", Method: "A", Started: time.Unix(0, 0), Finished: time.Unix(seconds, 0)}
	}
	costs := run.NewCosts(plan, []*record.Record{took("a1", record.Done, 10), took("old", record.Done, 30), took("a2", record.Failed, 500)})
	for i, want := range []string{"finished -", "failed; runs again 20s", "to run unknown"} {
		state, cost := costs.Of(plan.Trials[i])
		if got := state + " " + cost.String(); got != want {
			t.Errorf("trial %d: %q, want %q", i, got, want)
		}
	}
	if trials, text := costs.Total(); trials != 2 || !strings.Contains(text, "about 20s, and of unknown time 1") {
		t.Errorf("got %d, %q", trials, text)
	}
}

func TestWorkOfUnknownCostIsCountedFromTheData(t *testing.T) {
	b := newBench(t)
	p := b.plan(plan)
	costs := run.NewCosts(p, nil)
	if err := costs.Count(t.Context(), run.Reading{Plugins: b.plugins}); err != nil {
		t.Fatal(err)
	}
	// 24 users with 6 training items each and 168 texts, by batches of 20:
	// warm-up 1 x 168, then 2 + 2 times 24 and 168.
	for i, want := range []string{"unknown", "unknown; 936 documents in 53 steps, about ", "unknown; 96 documents in 8 steps, about "} {
		if _, cost := costs.Of(p.Trials[i]); !strings.HasPrefix(cost.String(), want) {
			t.Errorf("%s: %q, want %q", p.Methods[p.Trials[i].Method].Name, cost, want)
		}
	}
	if trials, text := costs.Total(); trials != 6 || !strings.HasPrefix(text, "the time is unknown; pipelines: 2,064 documents in 122 steps, about ") {
		t.Errorf("got %d, %q", trials, text)
	}
}

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
		Trials:   []experiment.Trial{{Hash: "a1"}, {Hash: "a2"}, {Hash: "b1", Method: 1}},
	}
	took := func(hash string, status record.Status, seconds int64) *record.Record {
		return &record.Record{Hash: hash, Status: status, Dataset: "D", Method: "A", Started: time.Unix(0, 0), Finished: time.Unix(seconds, 0)}
	}
	costs := run.NewCosts(plan, []*record.Record{took("a1", record.Done, 10), took("old", record.Done, 30), took("a2", record.Failed, 500)})
	for i, want := range []string{"finished -", "failed; runs again 20s", "to run unknown"} {
		state, cost := costs.Of(plan.Trials[i])
		if got := state + " " + cost.String(); got != want {
			t.Errorf("trial %d: %q, want %q", i, got, want)
		}
	}
	if trials, text := costs.Total(); trials != 2 || !strings.Contains(text, "about 20s and 1 trials of unknown cost") {
		t.Errorf("got %d, %q", trials, text)
	}
}

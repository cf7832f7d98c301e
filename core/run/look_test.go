package run_test

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/run"
)

func TestALookReadsTheFirstRowsOfEveryDataSet(t *testing.T) {
	b := newBench(t)
	seen, err := run.Look(t.Context(), b.plan(plan), b.plugins)
	if err != nil || len(seen) != 1 {
		t.Fatalf("got %v, error %v", seen, err)
	}
	if want := (run.Sight{Dataset: "Two tastes", Sample: data.Sample{Interactions: 10, Values: true, Times: true, Texts: 24}}); seen[0] != want {
		t.Errorf("got %+v, want the first chunk: %+v", seen[0], want)
	}
}

func TestALookFailsWhereTheDataDoAndLooksAtTheOthers(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(plan, "datasets:\n", `datasets:
  - {name: Bad, plugin: fakedata, params: {fail_at: 1}, split: {method: ratio, validation: 0.15, test: 0.15}}
  - {name: Bad later, plugin: fakedata, params: {fail_at: 3}, split: {method: ratio, validation: 0.15, test: 0.15}}
`, 1))
	seen, err := run.Look(t.Context(), p, b.plugins)
	if !contract.IsBadInput(err) || !strings.Contains(err.Error(), "data set Bad: ") || strings.Contains(err.Error(), "Bad later") {
		t.Errorf("got %v", err)
	}
	if len(seen) != 2 || seen[0].Dataset != "Bad later" || seen[1].Dataset != "Two tastes" {
		t.Errorf("saw %+v", seen)
	}
}

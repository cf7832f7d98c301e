package run_test

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/run"
)

func TestSelectedMethodsAreRunWithThoseThatTheyNeed(t *testing.T) {
	b := newBench(t)
	p := b.plan(needsPlan)
	if err := p.Select([]string{"Warm"}); err != nil {
		t.Fatal(err)
	}
	s, w := b.mustRun(p)
	if s.Done != 3 || s.Failed != 0 { // Warm, and Cold and CLLM4Rec, whose vectors it takes
		t.Errorf("summary %+v, started %q", s, w.started)
	}
	whole := b.plan(needsPlan)
	if s, _ := b.mustRun(whole); s.Done != 1 || s.Cached != 3 {
		t.Errorf("all methods behind it: %+v", s)
	}
	if err := p.Select([]string{"Warn"}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), `needs has no method "Warn"; did you mean "Warm"`) {
		t.Errorf("an unknown method: %v", err)
	}
}

func TestSearchesAndTasksOfOtherMethodsAreLeft(t *testing.T) {
	b := newBench(t)
	p := b.plan(searchPlan)
	if err := p.Select([]string{"Popular"}); err != nil {
		t.Fatal(err)
	}
	if stages := run.Stages(p, func(run.Task) bool { return false }); len(stages) != 2 || len(stages[1].Tasks) != 2 {
		t.Errorf("stages %+v", stages)
	}
	if s, w := b.mustRun(p); s.Done != 2 || len(p.Choices) != 0 {
		t.Errorf("summary %+v, choices %+v, started %q", s, p.Choices, w.started)
	}
}

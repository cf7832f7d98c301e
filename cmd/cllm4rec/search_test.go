package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestASearchIsPlannedRunAndShown(t *testing.T) {
	s := newShell(t)
	tuned := strings.Replace(fakePlan, "name: Heavy, recommender: {plugin: fakerec, params: {weight: 2}}",
		"name: Heavy, recommender: {plugin: fakerec}, search: {sampler: grid, space: {params.weight: {values: [2, 3]}}}", 1)
	plan, out := s.file("tuned.yaml", tuned), filepath.Join(s.dir, "out")
	stdout, _ := s.expect(exitDone, "validate", plan)
	if !strings.Contains(stdout, "1 trial, and those that the searches of 1 method decide") {
		t.Errorf("got\n%s", stdout)
	}
	stdout, _ = s.expect(exitDone, "plan", plan, "--out", out)
	if !strings.Contains(stdout, "Heavy on Tastes: a search of up to 20 configurations (grid) on validation comes first, 0 of them have records") {
		t.Errorf("got\n%s", stdout)
	}
	stdout, _ = s.expect(exitDone, "run", plan, "--out", out)
	for _, want := range []string{"Heavy: params.weight 2, the best on validation (recall_min@20 + recall_min@40 + ndcg@100) of 2 configurations (grid)", "As the file has them, without a search: Popular."} {
		if !strings.Contains(strings.Join(strings.Fields(stdout), " "), want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	stdout, _ = s.expect(exitDone, "plan", plan, "--out", out)
	if !strings.Contains(stdout, "on validation is over after 2.") || !strings.Contains(stdout, "2 trials, 0 to run: nothing to do") {
		t.Errorf("got\n%s", stdout)
	}
	stdout, _ = s.expect(exitDone, "search", out, "Heavy")
	for _, want := range []string{"Heavy on Tastes:", "params.weight", "1 best", "best so far", "####################", "seconds"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	if _, stderr := s.expect(exitBadInput, "search", out, "Heav"); !strings.Contains(stderr, `did you mean "Heavy"`) {
		t.Errorf("got\n%s", stderr)
	}
	if stdout, _ = s.expect(exitDone, "table", out, "--format", "md"); !strings.Contains(stdout, "of 2 configurations") {
		t.Errorf("got\n%s", stdout)
	}
}

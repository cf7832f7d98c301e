package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlanSaysWhyATrialWouldRunAgain(t *testing.T) {
	s := newShell(t)
	out := filepath.Join(s.dir, "out")
	plan := func(old, new string) string {
		t.Helper()
		stdout, _ := s.expect(exitDone, "plan", s.file("changed.yaml", strings.Replace(fakePlan, old, new, 1)), "--out", out)
		return stdout
	}
	if got := plan("", ""); strings.Count(got, "no record") != 2 {
		t.Errorf("before the first run:\n%s", got)
	}
	s.expect(exitDone, "run", s.file("fakes.yaml", fakePlan), "--out", out)
	for _, c := range []struct {
		old, new, why string
		toRun         int
	}{
		{"weight: 2", "weight: 3", "method params.weight: 2 -> 3", 1},
		{"[recall@5]", "[recall@5, ndcg@10, recall@10]", "0 to run: nothing to do", 0},
		{"[recall@5]", "[recall@200]", "only measuring is new: depth 100 -> 200", 2},
		{"test: 0.2", "test: 0.3", "split test: 0.2 -> 0.3", 2},
		{"name: Heavy", "name: Other", "0 to run: nothing to do", 0},
	} {
		got := plan(c.old, c.new)
		if !strings.Contains(got, c.why) || strings.Count(got, "to run") != c.toRun+1 {
			t.Errorf("%s: want %q and %d to run in\n%s", c.new, c.why, c.toRun, got)
		}
	}
}

func TestPlanEstimatesByRecordsProbesAndDocumentsAndSaysByWhich(t *testing.T) {
	s := newShell(t)
	runs := filepath.Join(s.dir, "runs")
	probed, _ := s.expect(exitDone, "plan", s.file("fakes.yaml", fakePlan), "--out", filepath.Join(runs, "none"), "--probe", "--jobs", "2")
	for _, want := range []string{"Heavy on Tastes: time and memory from a probe on 24 of 24 users", "2 to run: about ", "of work, ", "with 2 at a time", "of memory"} {
		if !strings.Contains(probed, want) {
			t.Errorf("want %q in\n%s", want, probed)
		}
	}
	s.expect(exitDone, "run", s.file("fakes.yaml", fakePlan), "--out", filepath.Join(runs, "one"))
	more := s.file("more.yaml", strings.Replace(fakePlan, "name: fakes\n", "name: fakes\nseeds: [1, 2]\n", 1))
	if got, _ := s.expect(exitDone, "plan", more, "--out", filepath.Join(runs, "one")); !strings.Contains(got, "Heavy on Tastes: time from the mean of 1 of its own records; memory from a record of Heavy on Tastes") || !strings.Contains(got, "4 trials, 2 to run: about ") {
		t.Errorf("beside its own records:\n%s", got)
	}
	if got, _ := s.expect(exitDone, "plan", more, "--out", filepath.Join(runs, "two")); !strings.Contains(got, "Heavy on Tastes: time from the mean of 1 of its own records") {
		t.Errorf("beside the records of another folder:\n%s", got)
	}
}

func TestValidateLooksAtTheDataWhereAsked(t *testing.T) {
	s := newShell(t)
	file := s.file("fakes.yaml", fakePlan)
	if stdout, _ := s.expect(exitDone, "validate", file); strings.Contains(stdout, "interactions") {
		t.Errorf("without --look:\n%s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "validate", file, "--look"); !strings.Contains(stdout, "Tastes: 10 interactions read, with values, with times; 16 texts") {
		t.Errorf("got\n%s", stdout)
	}
	bad := s.file("bad.yaml", strings.Replace(fakePlan, "plugin: fakedata,", "plugin: fakedata, params: {fail_at: 1},", 1))
	s.expect(exitDone, "validate", bad)
	if _, stderr := s.expect(exitBadInput, "validate", bad, "--look"); !strings.Contains(stderr, "data set Tastes: ") {
		t.Errorf("got\n%s", stderr)
	}
}

func TestAPlanThatContradictsItselfIsDamaged(t *testing.T) {
	s := newShell(t)
	out := filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", s.file("fakes.yaml", fakePlan), "--out", out)
	paths, err := filepath.Glob(filepath.Join(out, "plans", "fakes-*.json"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("plans %q, error %v", paths, err)
	}
	path := paths[0]
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, new := range map[string]string{`"method": 1`: `"method": 77`, `"schema": 2`: `"schema": 3`} {
		if !strings.Contains(string(text), old) {
			t.Fatalf("the plan does not hold %s:\n%s", old, text)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, stderr := s.expect(exitBadInput, "table", out); !strings.Contains(stderr, path+" is damaged: ") {
			t.Errorf("%s: got\n%s", new, stderr)
		}
	}
}

func TestOneMethodOfAFileIsPlannedAndRun(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	stdout, _ := s.expect(exitDone, "plan", plan, "--out", out, "--methods", "Heavy")
	if !strings.Contains(stdout, "Heavy") || strings.Contains(stdout, "Popular") {
		t.Errorf("the plan of one method:\n%s", stdout)
	}
	if stdout, _ = s.expect(exitDone, "run", plan, "--out", out, "--methods", "Heavy"); !strings.Contains(stdout, "1 trial run, 0 found finished, 0 failed") {
		t.Errorf("the run of one method:\n%s", stdout)
	}
	if _, stderr := s.expect(exitBadInput, "run", plan, "--out", out, "--methods", "Havy"); !strings.Contains(stderr, `has no method "Havy"; did you mean "Heavy"`) {
		t.Errorf("got %s", stderr)
	}
	if stdout, _ = s.expect(exitDone, "run", plan, "--out", out); !strings.Contains(stdout, "1 trial run, 1 found finished, 0 failed") {
		t.Errorf("the run of all:\n%s", stdout)
	}
}

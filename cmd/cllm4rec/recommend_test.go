package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const keptPlan = `
name: kept
datasets: [{name: Tastes, plugin: fakedata, split: {method: ratio, validation: 0.2, test: 0.2}}]
evaluate: {metrics: [recall@5]}
methods: [{name: Factors, recommender: {plugin: fakeepochs, train: {epochs: 2, metrics: [recall@5]}}}]
`

func TestAKeptModelRecommendsItemsWithTheirTitles(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("kept.yaml", keptPlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	trials, err := os.ReadDir(filepath.Join(out, "trials"))
	if err != nil || len(trials) != 1 {
		t.Fatalf("%v, error %v", trials, err)
	}
	trial := filepath.Join(out, "trials", trials[0].Name())
	if _, stderr := s.expect(exitBadInput, "recommend", trial, "--user", "u0"); !strings.Contains(stderr, "has no kept model: run its experiment again with --keep models") {
		t.Errorf("got %s", stderr)
	}
	s.expect(exitDone, "run", plan, "--out", out, "--keep", "models")
	_, stderr := s.expect(exitBadInput, "recommend", trial, "--user", "nobody")
	if !strings.Contains(stderr, `the data have no user "nobody"; `) {
		t.Fatalf("got %s", stderr)
	}
	stdout, _ := s.expect(exitDone, "recommend", trial, "--history", "i1,i2", "-k", "3")
	if !strings.HasPrefix(stdout, "Factors on Tastes, seed 1, for the history i1, i2:\n") || !strings.Contains(stdout, "of the ") || !strings.Contains(stdout, "│ 3 │") {
		t.Errorf("got\n%s", stdout)
	}
}

func TestWrongQuestionsAreBadInput(t *testing.T) {
	s := newShell(t)
	for want, args := range map[string][]string{
		"needs either --user ID or --history": {"recommend", s.dir},
		"-k 0: expected 1 or more":            {"recommend", s.dir, "--user", "a", "-k", "0"},
		"is not the folder of a trial":        {"recommend", s.dir, "--user", "a"},
		`did you mean "models"?`:              {"run", s.dir, "--keep", "model"},
		"recommend needs one RECORD":          {"recommend"},
	} {
		if _, stderr := s.expect(exitBadInput, args...); !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q in %s", args, want, stderr)
		}
	}
}

func TestARowWhoseInputFailedIsAFailedCellOfTheTable(t *testing.T) {
	s := newShell(t)
	text := strings.Replace(keptPlan, "methods: [", "methods: [{name: Popular, recommender: {plugin: fakerec, params: {fail_at: 1}}}, {name: Other, recommender: {plugin: fakerec}},\n"+
		"  {name: Blend, ensemble: {of: [Popular, Other]}}, ", 1)
	_, stderr := s.expect(exitBadInput, "run", s.file("needs.yaml", text), "--out", filepath.Join(s.dir, "out"))
	if !strings.Contains(stderr, "failed: it needs Popular, which failed") || strings.Contains(stderr, "internal error") {
		t.Errorf("got %s", stderr)
	}
}

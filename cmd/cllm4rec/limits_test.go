package main

import (
	"strings"
	"testing"
)

func TestTheLimitsOfTheFileHoldUnlessTheCommandLineHasOthers(t *testing.T) {
	s := newShell(t)
	slow := strings.Replace(fakePlan, "{weight: 2}", "{weight: 2, delay: 60000}", 1)
	plan := s.file("slow.yaml", slow+"limits: {trial: 8s}\n")
	if _, stderr := s.expect(exitFailure, "run", plan, "--out", s.dir+"/out"); !strings.Contains(stderr, "the trial took longer than its limit of 8s") {
		t.Errorf("got\n%s", stderr)
	}
	if _, stderr := s.expect(exitFailure, "run", plan, "--out", s.dir+"/out", "--trial-timeout", "5s"); !strings.Contains(stderr, "the trial took longer than its limit of 5s") {
		t.Errorf("got\n%s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "run", plan, "--trial-timeout", "-5s"); !strings.Contains(stderr, "--trial-timeout -5s: expected 0 or more") {
		t.Errorf("got\n%s", stderr)
	}
}

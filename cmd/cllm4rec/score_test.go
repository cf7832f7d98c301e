package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Those that read texts for features, and have no towers, are among them.
func TestBackbonesOfAnExperimentAreScoredOnce(t *testing.T) {
	s := newShell(t)
	plan := s.file("plan.yaml", `
name: two
datasets: [{name: Tastes, plugin: fakedata, split: {method: ratio, validation: 0.2, test: 0.2}}]
evaluate: {metrics: [recall@5]}
methods:
  - {name: One, cllm4rec: {backbone: {plugin: fakelm}}}
  - {name: Other, cllm4rec: {backbone: {plugin: fakelm}, finetune: {lr: 0.5}}}
  - {name: Popular, recommender: {plugin: fakeepochs, train: {epochs: 1}, features: [{embed: {backbone: {plugin: readlm}}}]}}
  - {name: Again, recommender: {plugin: fakeepochs, train: {epochs: 1}, features: [{embed: {backbone: {plugin: readlm}, pooling: last}}]}}
`)
	text := s.file("text.txt", "one two three")
	stdout, _ := s.expect(exitDone, "score", plan, text, text)
	if strings.Count(stdout, "fakelm (of One)") != 2 || strings.Contains(stdout, "Other") || strings.Count(stdout, "readlm (of Popular)") != 2 || strings.Count(stdout, "text.txt") != 4 {
		t.Errorf("got\n%s", stdout)
	}
	for want, args := range map[string][]string{
		"text files behind it":         {"score", plan},
		"no such file":                 {"score", plan, filepath.Join(s.dir, "none.txt")},
		"is no regular file":           {"score", plan, s.dir},
		"a trial's folder or an":       {"score", filepath.Join(s.dir, "none"), text},
		"--size is of an experiment":   {"score", s.dir, text, "--size", "paper"},
		"is no text in UTF-8":          {"score", plan, s.file("raw.bin", "\xff\xfe")},
		"is not the folder of a trial": {"score", s.dir, text},
		"features that one reads":      {"score", s.file("kept.yaml", keptPlan), text},
	} {
		if _, stderr := s.expect(exitBadInput, args...); !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q in %s", args, want, stderr)
		}
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDescribeAuditsAndDraws(t *testing.T) {
	s := newShell(t)
	plan, svg := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "svg")
	stdout, _ := s.expect(exitDone, "data", "describe", plan, "--columns", "60", "--svg", svg)
	for _, want := range []string{"Tastes: 24 users, 16 items, 144 interactions", "Split: 96 training", "Warning:", "Popularity of the items", "Activity of the users", "Timeline"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	for line := range strings.Lines(stdout) {
		if utf8.RuneCountInString(line) > 61 {
			t.Errorf("%q is wider than 60 columns", line)
		}
	}
	for _, name := range []string{"popularity", "activity", "timeline"} {
		if raw, err := os.ReadFile(filepath.Join(svg, "Tastes-"+name+".svg")); err != nil || !strings.HasPrefix(string(raw), "<svg") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	var told struct {
		Datasets []struct {
			Dataset    string
			Audit      struct{ Interactions int }
			Words      []string
			Histograms []struct{ Bins []struct{ Count int } }
		}
	}
	stdout, _ = s.expect(exitDone, "data", "describe", plan, "--json")
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || len(told.Datasets) != 1 || told.Datasets[0].Audit.Interactions != 144 || len(told.Datasets[0].Histograms) != 3 || len(told.Datasets[0].Words) < 3 {
		t.Errorf("error %v in\n%s", err, stdout)
	}
	if _, stderr := s.expect(exitBadInput, "data", "describe", plan, "--columns", "-1"); !strings.Contains(stderr, "--columns -1") {
		t.Errorf("got\n%s", stderr)
	}
}

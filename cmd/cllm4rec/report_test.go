package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReportWritesOnePageBesideTheRecords(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	s.plugins = t.TempDir() // there is none
	stdout, _ := s.expect(exitDone, "report", out)
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!doctype html>", "Heavy", "recall@5", "cllm4rec report " + out} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(stdout, "report.html: 0.") {
		t.Errorf("got %s", stdout)
	}
	other := filepath.Join(s.dir, "validation.html")
	s.expect(exitDone, "report", out, "-o", other, "--part", "validation")
	if page, err := os.ReadFile(other); err != nil || !strings.Contains(string(page), "validation part") {
		t.Errorf("error %v", err)
	}
	if _, stderr := s.expect(exitBadInput, "report", out, "--strata", "al"); !strings.Contains(stderr, `did you mean "all"`) {
		t.Errorf("got %s", stderr)
	}
}

func TestReportShowsOldRecordsWithoutWhatTheyLack(t *testing.T) {
	s := newShell(t)
	old := filepath.Join("..", "..", "core", "record", "testdata", "schema1")
	page := filepath.Join(s.dir, "old.html")
	s.expect(exitDone, "report", old, "-o", page)
	if html, err := os.ReadFile(page); err != nil || !strings.Contains(string(html), "has no stored data") {
		t.Errorf("error %v", err)
	}
}

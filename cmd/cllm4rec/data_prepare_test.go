package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPreparedSplitsAreMadeOnceAndUsed(t *testing.T) {
	s := newShell(t)
	plan, store := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "splits")
	if _, stderr := s.expect(exitBadInput, "data", "prepare", plan, "--verify", "--store", store); !strings.Contains(stderr, "there is no prepared split") {
		t.Errorf("got\n%s", stderr)
	}
	for _, state := range []string{"made", "was there"} {
		if stdout, _ := s.expect(exitDone, "data", "prepare", plan, "--store", store); !strings.Contains(stdout, state) || !strings.Contains(stdout, "Tastes") {
			t.Errorf("want %q in\n%s", state, stdout)
		}
	}
	if stdout, _ := s.expect(exitDone, "data", "prepare", plan, "--store", store, "--anew"); !strings.Contains(stdout, "made") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "data", "prepare", plan, "--verify", "--store", store); !strings.Contains(stdout, "is whole") {
		t.Errorf("got\n%s", stdout)
	}
	files, err := filepath.Glob(filepath.Join(store, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, error %v", files, err)
	}
	tables := map[string]string{}
	for _, from := range []string{store, "off"} {
		out := filepath.Join(s.dir, "out", filepath.Base(from))
		s.expect(exitDone, "run", plan, "--store", from, "--out", out)
		tables[from], _ = s.expect(exitDone, "table", out, "--format", "csv")
	}
	if tables[store] != tables["off"] {
		t.Errorf("from the prepared split\n%s\nread anew\n%s", tables[store], tables["off"])
	}
	if err := os.Truncate(files[0], 5000); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"run", plan, "--out", filepath.Join(s.dir, "damaged")}, {"data", "prepare", plan}, {"data", "prepare", plan, "--verify"}} {
		if _, stderr := s.expect(exitBadInput, append(command, "--store", store)...); !strings.Contains(stderr, "rm "+files[0]) {
			t.Errorf("%v: got\n%s", command, stderr)
		}
	}
}

func TestPrepareSaysWhatItCannotDo(t *testing.T) {
	s := newShell(t)
	plan, file := s.file("fakes.yaml", fakePlan), s.file("taken", "")
	for want, args := range map[string][]string{
		"is off":                      {"data", "prepare", plan, "--store", "off"},
		"--store (or $CLLM4REC_STORE": {"data", "prepare", plan, "--verify", "--store", "off"},
	} {
		if _, stderr := s.expect(exitBadInput, args...); !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q in\n%s", args, want, stderr)
		}
	}
	if code, _, stderr := s.do("data", "prepare", plan, "--store", file); code == exitDone || !strings.Contains(stderr, "cannot be") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	// In /proc nobody makes a folder.
	if stdout, stderr := s.expect(exitDone, "run", plan, "--store", "/proc/splits", "--out", filepath.Join(s.dir, "out")); !strings.Contains(stdout, "2 trials run") || !strings.Contains(stderr, "is read again next time") {
		t.Errorf("a store that cannot be written must be told of and not end a run:\n%s\n%s", stdout, stderr)
	}
}

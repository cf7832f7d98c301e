package slurm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// envRequire makes a missing Slurm a failure.
const envRequire = "CLLM4REC_REQUIRE_SLURM"

// needSlurm skips a test where no cluster answers.
func needSlurm(t *testing.T) {
	t.Helper()
	if _, err := call(t.Context(), "squeue", "--me", "--noheader"); err != nil {
		if os.Getenv(envRequire) != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT RUN against a real Slurm: %v (scripts/slurm-here.sh starts one; then `. DIR/env`)", err)
	}
}

// Each task of the second array fails unless that of the first has ended.
func TestRealSlurmRunsArraysAfterThoseThatTheyDependOn(t *testing.T) {
	needSlurm(t)
	dir := t.TempDir()
	task := filepath.Join(dir, "task")
	if err := os.WriteFile(task, []byte("#!/bin/bash\n[ $1 = data ] && sleep 1 || [ -e data ] || exit 1\necho done > $1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := ParseProfile("p.yaml", []byte("time: 0:05:00\narray_limit: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	arrays := []Array{{Name: "data", Tasks: []string{"data"}}, {Name: "trials", Tasks: []string{"a", "b", "c"}, After: []int{0}}}
	s, err := Submit(t.Context(), filepath.Join(dir, "slurm"), "test", p, Program{Path: task, Dir: dir}, arrays)
	if err != nil {
		t.Fatal(err)
	}
	all := []*Submission{s}
	if queue, err := Queue(t.Context(), all); err != nil || len(queue) == 0 {
		t.Errorf("right after: %+v, error %v", queue, err)
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		queue, err := Queue(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		if len(queue) == 0 {
			break
		}
		if time.Now().After(end) {
			_, _ = Cancel(t.Context(), all)
			t.Fatalf("after two minutes: %+v", queue)
		}
	}
	for _, name := range []string{"data", "a", "b", "c"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("task %s did not end well: %v", name, err)
		}
	}
}

func TestRealSlurmSaysWhyItRefusesAJobAndCancelsOthers(t *testing.T) {
	needSlurm(t)
	arrays := []Array{{Name: "data", Tasks: []string{"60"}}}
	if _, err := Submit(t.Context(), t.TempDir(), "test", &Profile{CPUs: 1, Signal: 10, Partition: "nowhere"}, Program{Path: "/bin/sleep", Dir: "/"}, arrays); err == nil || !strings.Contains(err.Error(), "nvalid partition") {
		t.Errorf("got %v", err)
	}
	s, err := Submit(t.Context(), t.TempDir(), "test", &Profile{CPUs: 1, Signal: 10}, Program{Path: "/bin/sleep", Dir: "/"}, arrays)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Cancel(t.Context(), []*Submission{s}); err != nil || n != 1 {
		t.Errorf("%d tasks were cancelled, error %v", n, err)
	}
}

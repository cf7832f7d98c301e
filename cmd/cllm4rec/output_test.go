package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestARunGoesOnWhenNobodyReadsItsOutput(t *testing.T) {
	s := newShell(t)
	plan, out, code := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out"), filepath.Join(s.dir, "code")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sh", "-c", `("$0" run "$1" --out "$2" --plugins "$3" 2>&1; echo $? > "$4") | head -1`, self, plan, out, s.plugins, code)
	c.Env = append(os.Environ(), envProgram+"=1")
	if text, err := c.CombinedOutput(); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Fatalf("got %q, %v", text, err)
	}
	if got, err := os.ReadFile(code); err != nil || string(got) != "0\n" {
		t.Errorf("exit code %q, %v", got, err)
	}
	records, err := filepath.Glob(filepath.Join(out, "trials", "*", "record.json"))
	if err != nil || len(records) != 2 {
		t.Errorf("records %v, error %v", records, err)
	}
}

func TestAMachineWithoutDescriptorsIsAFailureAndNoBadInput(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", fakePlan)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"validate", "run"} {
		c := exec.Command("sh", "-c", `ulimit -n 14 && exec "$0" "$@"`, self, command, plan, "--plugins", s.plugins)
		c.Env, c.Dir = append(os.Environ(), envProgram+"=1"), s.dir
		text, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(text), "too many open files") {
			t.Errorf("%s: %v, %s", command, err, text)
		}
	}
}

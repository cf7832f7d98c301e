//go:build cgo

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestTooLittleAddressSpaceIsASentence(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kib := range []string{"200000", "1000000"} {
		c := exec.Command("sh", "-c", `ulimit -v `+kib+` && exec "$0" version`, self)
		c.Env = append(os.Environ(), envProgram+"=1")
		text, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitFailure || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), "(ulimit -v); at least 2048 MiB are needed") {
			t.Errorf("with %s KiB: %v, %s", kib, err, text)
		}
	}
}

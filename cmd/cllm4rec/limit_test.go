package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestTooSmallALimitOnAddressSpaceIsASentence(t *testing.T) {
	for _, kib := range []string{"200000", "1000000", "2000000"} {
		out, err := exec.Command("sh", "-c", `ulimit -v "$1" && exec "$2" -test.run '^$'`, "sh", kib, os.Args[0]).CombinedOutput()
		if err == nil || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "ulimit -v unlimited") {
			t.Errorf("%s KiB: %v: %s", kib, err, out)
		}
	}
}

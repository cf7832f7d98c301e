package main

import (
	"strings"
	"testing"
)

func TestTheFlagVersionPrintsOneLine(t *testing.T) {
	stdout, _ := newShell(t).expect(exitDone, "--version")
	if stdout != "cllm4rec "+programVersion()+"\n" || strings.TrimSpace(programVersion()) == "" {
		t.Errorf("got %q", stdout)
	}
}

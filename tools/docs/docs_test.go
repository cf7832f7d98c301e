package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
)

func TestThePageOfExperimentFilesIsUpToDate(t *testing.T) {
	want, err := page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(sharedtest.Repository(t), target))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what the schemas say: make docs", target)
	}
}

func TestEveryKeyHasAMeaning(t *testing.T) {
	text, err := page()
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		keys++
		if strings.HasSuffix(strings.TrimSpace(line), "|  |") {
			t.Errorf("no description: %s", line)
		}
	}
	if keys < 80 {
		t.Errorf("%d keys; the schemas have more", keys)
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/console"
	"cllm4rec/tools/libtorch/internal/locate"
)

// after returns a setup of a project where an earlier one found the given libtorch.
func after(t *testing.T, before *found.Libtorch) (*setup, *bytes.Buffer) {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, found.Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := found.Write(root, before); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return &setup{root: root, out: console.New(&out, time.Hour)}, &out
}

func TestAChoiceEndsWhenItsFolderIsGone(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	s, out := after(t, &found.Libtorch{Source: locate.FromVariable, Root: gone})
	if got := s.choice(); got != "" || !strings.Contains(out.String(), gone) {
		t.Errorf("chose %q and said %q", got, out)
	}
}

func TestWhatWasFoundByItselfIsNoChoice(t *testing.T) {
	s, _ := after(t, &found.Libtorch{Source: locate.FromSystem, Root: "/usr"})
	if got := s.choice(); got != "" {
		t.Errorf("chose %q", got)
	}
}

func TestANamedFolderComesFirstAndAutoSearchesAgain(t *testing.T) {
	s, _ := after(t, &found.Libtorch{Source: locate.FromVariable, Root: "/earlier"})
	for named, want := range map[string]string{"/now": "/now", auto: ""} {
		s.named = named
		if got := s.choice(); got != want {
			t.Errorf("LIBTORCH=%s: chose %q", named, got)
		}
	}
}

func TestDownloadAsksForTheChecksumOfAnotherArchive(t *testing.T) {
	s, _ := after(t, &found.Libtorch{})
	t.Setenv("LIBTORCH_URL", "https://example.org/libtorch.zip")
	if _, err := s.download(); err == nil || !strings.Contains(err.Error(), "LIBTORCH_SHA256") {
		t.Errorf("got %v", err)
	}
}

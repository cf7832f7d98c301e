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

func TestAnotherArchiveNeedsItsChecksum(t *testing.T) {
	t.Setenv("LIBTORCH_URL", "https://example.org/libtorch.zip")
	if _, err := chosenArchive(); err == nil || !strings.Contains(err.Error(), "LIBTORCH_SHA256") {
		t.Errorf("got %v", err)
	}
}

func TestArchivesAreUnpackedToTheUsersCacheByTheirChecksum(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pinned, err := chosenArchive()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LIBTORCH_URL", "https://example.org/libtorch.zip")
	t.Setenv("LIBTORCH_SHA256", strings.Repeat("ab", 32))
	other, err := chosenArchive()
	if err != nil || other.folder == pinned.folder || !strings.HasPrefix(other.folder, os.Getenv("XDG_CACHE_HOME")) {
		t.Errorf("got %q beside %q, %v", other.folder, pinned.folder, err)
	}
}

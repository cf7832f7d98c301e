package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/adapt"
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

func TestALibtorchThatCannotBeUsedIsPassedOver(t *testing.T) {
	s, said := after(t, &found.Libtorch{})
	newest := &found.Libtorch{Version: "9.0.0", Root: "/python/torch", Source: locate.FromPython}
	system := &found.Libtorch{Version: "1.13.0", Root: "/usr", Source: locate.FromSystem}
	var used []string
	use := func(l *found.Libtorch) error {
		used = append(used, l.Root)
		if l == newest {
			return fmt.Errorf("%w: nothing compiles", adapt.ErrUnusable)
		}
		return nil
	}
	done, err := s.first([]*found.Libtorch{newest, system}, use)
	if !done || err != nil || !slices.Equal(used, []string{"/python/torch", "/usr"}) {
		t.Errorf("got %t, %v after %v", done, err, used)
	}
	if !strings.Contains(said.String(), "passed over: libtorch 9.0.0 in /python/torch") || !strings.Contains(said.String(), "nothing compiles") {
		t.Errorf("said %q", said)
	}
	if done, err := s.first([]*found.Libtorch{newest}, use); done || err != nil {
		t.Errorf("alone: got %t, %v", done, err)
	}
	full := errors.New("no space left")
	if done, err := s.first([]*found.Libtorch{newest, system}, func(*found.Libtorch) error { return full }); done || !errors.Is(err, full) {
		t.Errorf("a fault that is not the libtorch's: got %t, %v", done, err)
	}
}

func TestAPyTorchThatDoesNotLinkCannotBeUsed(t *testing.T) {
	s, _ := after(t, &found.Libtorch{})
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.root, "go.mod"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	broken := &found.Libtorch{Version: "9.0.0", Root: root, LibFolder: root, LibDirs: []string{root}, CXXStandard: 17, Libraries: []string{"torch_cpu"}, Source: locate.FromPython}
	for _, name := range []string{"libtorch_cpu.so", "libc10.so"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("cut off"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.use(broken); !errors.Is(err, adapt.ErrUnusable) || !strings.Contains(err.Error(), "libtorch_cpu.so") {
		t.Errorf("got %v", err)
	}
	if err := s.use(broken); !errors.Is(err, adapt.ErrUnusable) || !strings.Contains(err.Error(), "earlier run") {
		t.Errorf("the second time: got %v", err)
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

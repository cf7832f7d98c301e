package system

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/tools/libtorch/internal/console"
)

// fake puts programs on the path that log their arguments, and returns the log's reader.
func fake(t *testing.T, scripts map[string]string) func() string {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "log")
	for name, body := range scripts {
		text := "#!/bin/sh\necho " + name + " \"$@\" >> '" + log + "'\n" + body + "\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	return func() string {
		text, err := os.ReadFile(log)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(text)
	}
}

func apt() *Apt { return &Apt{Out: console.New(io.Discard, time.Hour)} }

const sudo = `exec "$@"`

func TestInstallUpdatesOnceAndNamesEveryPackageOnce(t *testing.T) {
	log := fake(t, map[string]string{"apt-get": "", "sudo": sudo})
	if err := apt().Install([]Need{blas, Libtorch}); err != nil {
		t.Fatal(err)
	}
	got := log()
	if updates := strings.Count("\n"+got, "\napt-get update"); updates != 1 || strings.Index(got, "update") > strings.Index(got, "install") {
		t.Errorf("%d updates, want one before the install: %q", updates, got)
	}
	if !strings.Contains(got, "libopenblas-dev libopenblas0-pthread libtorch-dev\n") {
		t.Errorf("installed %q", got)
	}
}

func TestInstallTellsTheCommandWhenItFails(t *testing.T) {
	fake(t, map[string]string{"apt-get": "echo 'E: no network' >&2; exit 100", "sudo": sudo})
	err := apt().Install([]Need{compiler})
	for _, want := range []string{"E: no network", "sudo apt-get install", "g++", "a C++ compiler"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, without %q", err, want)
		}
	}
}

func TestInstallWithoutAptTellsWhatIsMissing(t *testing.T) {
	fake(t, nil)
	err := apt().Install([]Need{blas})
	if err == nil || !strings.Contains(err.Error(), "OpenBLAS") || !strings.Contains(err.Error(), "no apt-get") {
		t.Errorf("got %v", err)
	}
	if apt().Usable() {
		t.Error("usable without apt-get")
	}
}

func TestCandidateReadsThePolicy(t *testing.T) {
	for answer, want := range map[string]string{
		"libtorch-dev:\n  Installed: (none)\n  Candidate: 1.13.1+dfsg-4": "1.13.1+dfsg-4",
		"libtorch-dev:\n  Candidate: (none)":                             "",
		"":                                                               "",
	} {
		fake(t, map[string]string{"apt-get": "", "sudo": sudo, "apt-cache": "printf '" + strings.ReplaceAll(answer, "\n", `\n`) + "'"})
		if got := apt().Candidate("libtorch-dev"); got != want {
			t.Errorf("%q: got %q", answer, got)
		}
	}
}

func TestMissingNamesTheCompilerFirst(t *testing.T) {
	fake(t, nil)
	needs := Missing("no-such-compiler")
	if len(needs) == 0 || needs[0].What != "a C++ compiler" {
		t.Errorf("got %v", needs)
	}
}

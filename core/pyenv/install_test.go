package pyenv_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
)

// stub stands for Python: it makes a folder for venv, says what pip was asked for, and fails
// for requirements that hold the word "missing".
const stub = `#!/bin/sh
if [ "$3" = venv ]; then rm -rf "$5"; mkdir -p "$5/bin" && cp "$0" "$5/bin/python" && printf 'version = 3.11.7\n' > "$5/pyvenv.cfg"; exit; fi
echo "asked: $*"
[ "$7" = -r ] || exec test -f "$7/pyproject.toml"
if grep -q slow "$8"; then sleep 60 & echo "$!" > "$SLOW"; wait; fi
if grep -q path "$8"; then exec test -z "$PYTHONPATH$PIP_TARGET"; fi
if grep -q missing "$8"; then echo "ERROR: No matching distribution found for missing"; echo "a hint"; exit 1; fi
`

// uninstalled is a plugin whose interpreter is the stub.
func uninstalled(t *testing.T, requirements string) (m *manifest.Manifest, sdk string) {
	t.Helper()
	base := t.TempDir()
	t.Setenv(pyenv.EnvFolder, filepath.Join(base, "environments"))
	t.Setenv("PATH", base+":"+os.Getenv("PATH"))
	text := "kind: recommender\nname: mine\ncontract: 2\ncommand: [python, a.py]\nfiles: [a.py]\ninstall: {requirements: r.txt, python: stubpython}\n"
	dir, sdk := filepath.Join(base, "mine"), filepath.Join(base, "sdk")
	err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(sdk, 0o755),
		os.WriteFile(filepath.Join(base, "stubpython"), []byte(stub), 0o755),
		os.WriteFile(filepath.Join(sdk, "pyproject.toml"), nil, 0o644),
		os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(dir, "a.py"), nil, 0o644),
		os.WriteFile(filepath.Join(dir, "r.txt"), []byte(requirements), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	if m, err = manifest.Load(filepath.Join(dir, "plugin.yaml")); err != nil {
		t.Fatal(err)
	}
	return m, sdk
}

func TestAnEnvironmentIsThereAfterItsInstallationAndNotBefore(t *testing.T) {
	m, sdk := uninstalled(t, "numpy==2.0.0\n")
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		t.Fatalf("before: error %v", err)
	}
	var out bytes.Buffer
	dir, err := pyenv.Install(t.Context(), m, sdk, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if e, err := pyenv.Open(m); err != nil || e.Dir != dir {
		t.Errorf("after: %+v, error %v", e, err)
	}
	if !strings.Contains(out.String(), "pip install --disable-pip-version-check --no-input -r r.txt") || strings.Count(out.String(), "asked") != 2 {
		t.Errorf("pip was asked for %q", out.String())
	}
}

func TestAnInstallationThatFailsLeavesNoEnvironment(t *testing.T) {
	m, sdk := uninstalled(t, "missing\n")
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err == nil ||
		!strings.Contains(err.Error(), "plugin mine has no environment, since pip did not install r.txt (exit status 1): No matching distribution found for missing") || contract.IsBadInput(err) {
		t.Errorf("error %v", err)
	}
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("after it: error %v", err)
	}
	if _, err := pyenv.Install(t.Context(), m, t.TempDir(), &bytes.Buffer{}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without the SDK: error %v", err)
	}
	m.Install.Python = "false"
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "since venv made no environment (exit status 1): it said nothing") {
		t.Errorf("with an interpreter that is none: error %v", err)
	}
	m.Install.Python = "ls"
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "clear") {
		t.Errorf("with an interpreter that says why: error %v", err)
	}
	m.Install.Python = "no-such-python"
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("without an interpreter: error %v", err)
	}
}

func TestAnInstallationAgainBeginsFromNothing(t *testing.T) {
	m, sdk := uninstalled(t, "numpy==2.0.0\n")
	dir, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{})
	left := filepath.Join(dir, "left")
	if err := errors.Join(err, os.WriteFile(left, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of the earlier environment: error %v", err)
	}
}

func TestPackagesOfElsewhereAreNotTakenForInstalled(t *testing.T) {
	m, sdk := uninstalled(t, "path\n")
	t.Setenv("PYTHONPATH", "/elsewhere")
	t.Setenv("PIP_TARGET", "/elsewhere")
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err != nil {
		t.Errorf("pip saw PYTHONPATH or PIP_TARGET: %v", err)
	}
}

// A cancelled installation ends pip with what pip has started, and while it goes on nobody
// else installs.
func TestOneProcessInstallsAtATimeAndEndsWhole(t *testing.T) {
	m, sdk := uninstalled(t, "slow\n")
	started := filepath.Join(t.TempDir(), "pid")
	t.Setenv("SLOW", started)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := pyenv.Install(ctx, m, sdk, &bytes.Buffer{})
		done <- err
	}()
	var pid int
	for pid == 0 {
		select {
		case err := <-done:
			t.Fatalf("it ended with %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		raw, _ := os.ReadFile(started) // until it is there, whole
		pid, _ = strconv.Atoi(strings.TrimSpace(string(raw)))
	}
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is being made by another process") {
		t.Errorf("a second installation: error %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled one: error %v", err)
	}
	if !ends(pid) {
		t.Error("what pip started goes on")
	}
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("after it: error %v", err)
	}
}

// ends waits for the end of a process that is nobody's child here any more: it is gone, or
// waits for its new parent.
func ends(pid int) bool {
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return true
		}
	}
	return false
}

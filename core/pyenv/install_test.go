package pyenv_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
)

// stub stands for Python: it makes a folder for venv, says what pip was asked for, and fails
// for requirements that hold the word "missing".
const stub = `#!/bin/sh
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && printf 'version = 3.11.7\n' > "$3/pyvenv.cfg"; exit; fi
echo "asked: $*"
if [ "$5" = -r ]; then ! grep -q missing "$6"; else test -f "$5/pyproject.toml"; fi
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
	if !strings.Contains(out.String(), "pip install --disable-pip-version-check -r r.txt") || strings.Count(out.String(), "asked") != 2 {
		t.Errorf("pip was asked for %q", out.String())
	}
}

func TestAnInstallationThatFailsLeavesNoEnvironment(t *testing.T) {
	m, sdk := uninstalled(t, "missing\n")
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "pip") || contract.IsBadInput(err) {
		t.Errorf("error %v", err)
	}
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("after it: error %v", err)
	}
	if _, err := pyenv.Install(t.Context(), m, t.TempDir(), &bytes.Buffer{}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without the SDK: error %v", err)
	}
	m.Install.Python = "no-such-python"
	if _, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("without an interpreter: error %v", err)
	}
}

package pyenv_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/pyenv"
)

func TestARemovedEnvironmentIsGoneAndNothingElseIs(t *testing.T) {
	m, sdk := uninstalled(t, "numpy==2.0.0\n")
	if _, err := pyenv.Remove(m); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("before: error %v", err)
	}
	dir, err := pyenv.Install(t.Context(), m, sdk, &bytes.Buffer{})
	beside := filepath.Join(filepath.Dir(dir), "recommender-yours")
	if err := errors.Join(err, os.Mkdir(beside, 0o755)); err != nil {
		t.Fatal(err)
	}
	if removed, err := pyenv.Remove(m); err != nil || removed != dir {
		t.Errorf("removed %q, error %v", removed, err)
	}
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("after it: error %v", err)
	}
	if _, err := os.Stat(beside); err != nil {
		t.Error(err)
	}
	other := filepath.Join(dir, "notes")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(other, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := pyenv.Remove(m); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is no virtual environment") {
		t.Errorf("a folder of something else: error %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

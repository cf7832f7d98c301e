package mapped

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestMapsWhatTheFileHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := Open(path)
	if err != nil || string(data) != "hello" {
		t.Fatalf("%q, %v", data, err)
	}
	if err := errors.Join(Close(data), Close(nil)); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeMappedIsNamed(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{filepath.Join(dir, "absent"): contract.ErrNotFound, dir: contract.ErrBadData, empty: contract.ErrBadData} {
		if _, err := Open(path); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

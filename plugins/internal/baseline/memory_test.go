package baseline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestWhatDoesNotFitIsRefusedBeforeTheMemoryIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	if err := os.WriteFile(path, []byte("MemTotal: 9 kB\nMemAvailable:    1000000 kB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := roomFor(path, 1e9, "a table", "take less"); err != nil {
		t.Errorf("what fits: error %v", err)
	}
	err := roomFor(path, 2e9, "a table", "take less")
	if !errors.Is(err, contract.ErrOutOfMemory) || !strings.Contains(err.Error(), "a table needs 2.0 GB, and 1.0 GB of memory are left: take less") {
		t.Errorf("what does not fit: error %v", err)
	}
	if err := roomFor(path+"x", 1e30, "a table", "take less"); err != nil {
		t.Errorf("where the memory is not known: error %v", err)
	}
	if err := RoomForItemMatrix("EASE", 10_000_000, 1); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("ten million items: error %v", err)
	}
}

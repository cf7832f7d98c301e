package hub

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cllm4rec/core/contract"
)

func TestTwoAtOnceAreRefused(t *testing.T) {
	b := newBench(t, tiny())
	held, err := openFolder(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.get()
	b.fails(err, contract.ErrInvalid, "another process is downloading to "+b.dir)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, lockName), nil, 0o644); err != nil { // of a process that was killed
		t.Fatal(err)
	}
	b.mustGet()
	b.whole()
}

func TestAFullDiskIsSeenBeforeAndToldAfter(t *testing.T) {
	b := newBench(t, tiny())
	c := b.client("")
	c.free = func(string) (int64, error) { return 1000, nil }
	_, err := c.Get(t.Context(), Want{Repo: "some/model", Folder: b.dir})
	b.fails(err, nil, b.dir+" has no room: 1.0 MB are to be downloaded, 1.0 kB are free")
	if b.asked() != 0 || len(b.names()) != 0 {
		t.Errorf("%d requests for content, the folder holds %v", b.asked(), b.names())
	}
	limitFiles(t, 900_000)
	_, err = b.get()
	b.fails(err, nil, "model.safetensors.part cannot be written", "file too large")
	if slices.Contains(b.names(), "model.safetensors") || slices.Contains(b.names(), ManifestName) || slices.Contains(b.names(), lockName) {
		t.Errorf("the folder holds %v", b.names())
	}
}

// limitFiles has writes beyond a size fail for the rest of the test, as on a full disk.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
		signal.Reset(syscall.SIGXFSZ)
	})
}

func TestAFolderThatIsAFileIsBadInput(t *testing.T) {
	b := newBench(t, tiny())
	if err := os.WriteFile(b.dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := b.get()
	b.fails(err, contract.ErrInvalid, b.dir, "a file in its way")
}

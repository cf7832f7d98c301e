package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSumIsThatOfTheContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-4's example
	if sha, size, err := Sum(path); sha != want || size != 3 || err != nil {
		t.Errorf("%s of %d bytes, error %v", sha, size, err)
	}
	for _, none := range []string{path + "x", filepath.Dir(path)} {
		if sha, size, err := Sum(none); sha != "" || size != 0 || err == nil {
			t.Errorf("%s: %q of %d bytes, error %v", none, sha, size, err)
		}
	}
}

func TestReplaceLeavesTheContentAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, content := range []string{"first", "second"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if raw, err := os.ReadFile(path); string(raw) != content || err != nil {
			t.Errorf("it holds %q, error %v", raw, err)
		}
	}
	if all, err := os.ReadDir(filepath.Dir(path)); len(all) != 1 || err != nil {
		t.Errorf("the folder has %v, error %v", all, err)
	}
	nowhere := filepath.Join(path, "b")
	if err := Replace(nowhere, nil); err == nil || !strings.Contains(err.Error(), nowhere+" cannot be written") {
		t.Errorf("error %v", err)
	}
}

func TestAFileSystemWithoutLocksIsTold(t *testing.T) {
	for err, want := range map[error]bool{nil: false, unix.ENOLCK: true, unix.ENOSYS: true, unix.ENOTSUP: true, unix.EWOULDBLOCK: false, unix.EIO: false} {
		if got := NoLocks(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestAStampChangesWithTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := StampAt(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if open, err := StampOf(f); open != before || err != nil {
		t.Errorf("open: %+v, error %v, expected %+v", open, err, before)
	}
	if now := time.Now(); before.Settled(now) || !before.Settled(now.Add(time.Minute)) {
		t.Errorf("%+v is settled now, or not in a minute", before)
	}
	for after := before; after == before; { // until the file system's clock has ticked
		if err := os.WriteFile(path, []byte("abd"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(0, before.MTime)); err != nil {
			t.Fatal(err)
		}
		if after, err = StampAt(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := StampAt(path + "x"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}

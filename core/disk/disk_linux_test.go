package disk

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that is killed leaves the half of a content where those look who clean its folder.
func TestAContentThatIsNotWholeLiesInItsOwnFolder(t *testing.T) {
	elsewhere := t.TempDir()
	t.Setenv("TMPDIR", elsewhere)
	watch, err := unix.InotifyInit1(unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(watch) }()
	if _, err := unix.InotifyAddWatch(watch, elsewhere, unix.IN_CREATE); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(t.TempDir(), "a"), []byte("content")); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(watch, make([]byte, 4096)); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%d bytes of events in the folder of temporary files, error %v", n, err)
	}
}

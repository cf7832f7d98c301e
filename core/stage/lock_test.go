package stage

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestResultsAreUsedWhereTheFileSystemHasNoLocks(t *testing.T) {
	for lacks, want := range map[error]error{
		nil: nil, unix.ENOLCK: nil, unix.ENOSYS: nil, unix.ENOTSUP: nil, unix.EWOULDBLOCK: errInUse, unix.EIO: unix.EIO,
	} {
		unlock, err := folder(t).lockBy(func(int, int) error { return lacks }, false)
		if !errors.Is(err, want) {
			t.Errorf("%v: %v, expected %v", lacks, err, want)
		}
		if err == nil {
			unlock()
		}
	}
}

func TestAnExclusiveLockIsOnAFileThatIsOpenForWriting(t *testing.T) {
	unlock, err := folder(t).lockBy(func(fd, _ int) error {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if flags&os.O_RDWR == 0 {
			t.Errorf("the file has the flags %#x", flags)
		}
		return err
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

package stage

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// errInUse is the error for a folder that another process uses.
var errInUse = errors.New("it is in use")

// lock holds a folder: many may use it at a time, one alone may remove it. It ends with
// the process. An exclusive lock does not wait: errInUse.
func (f Folder) lock(exclusive bool) (unlock func(), err error) {
	file, err := os.Open(f.Path(ManifestFile))
	if err != nil {
		return nil, err
	}
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX | unix.LOCK_NB
	}
	if err := unix.Flock(int(file.Fd()), how); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errInUse
		}
		return nil, fmt.Errorf("%s cannot be locked: %w", file.Name(), err)
	}
	return func() { _ = file.Close() }, nil // the lock ends with the file
}

package stage

import (
	"errors"
	"fmt"
	"os"

	"cllm4rec/core/disk"

	"golang.org/x/sys/unix"
)

// errInUse is the error for a folder that another process uses.
var errInUse = errors.New("it is in use")

// lock holds a folder: many may use it at a time, one alone may remove it. It ends with
// the process. An exclusive lock does not wait: errInUse. Where the file system has no
// locks nobody is kept out: results are used there all the same.
func (f Folder) lock(exclusive bool) (unlock func(), err error) {
	return f.lockBy(unix.Flock, exclusive)
}

func (f Folder) lockBy(flock func(fd, how int) error, exclusive bool) (unlock func(), err error) {
	open, how := os.O_RDONLY, unix.LOCK_SH
	if exclusive {
		open, how = os.O_RDWR, unix.LOCK_EX|unix.LOCK_NB // NFS locks for writing what is open for it
	}
	file, err := os.OpenFile(f.Path(ManifestFile), open, 0)
	if err != nil {
		return nil, err
	}
	err = flock(int(file.Fd()), how)
	if err == nil || disk.NoLocks(err) {
		return func() { _ = file.Close() }, nil // the lock ends with the file
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errInUse
	}
	return nil, fmt.Errorf("%s cannot be locked: %w", file.Name(), err)
}

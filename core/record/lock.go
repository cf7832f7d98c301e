package record

import (
	"errors"
	"fmt"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"

	"golang.org/x/sys/unix"
)

// share takes a lock that any number of processes may have, and that shuts out the versions
// of the program that lock a folder for themselves. It ends with the process. It is nil
// where the file system has no locks: those versions cannot work there.
func share(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the output folder cannot be written: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, contract.Errorf(contract.ErrInvalid, "a run of an earlier version of the program has this folder for itself (it holds %s): wait for it or choose another --out", path)
	case disk.NoLocks(err):
		return nil, nil
	}
	return nil, fmt.Errorf("%s cannot be locked: %w", path, err)
}

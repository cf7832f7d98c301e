package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cllm4rec/core/contract"

	"golang.org/x/sys/unix"
)

// lockName is a file in the folder while a process works on it.
const lockName = ".cllm4rec-model.lock"

// folder is a folder that this process alone downloads to. Names cannot leave it.
type folder struct {
	*os.Root
	lock *os.File
}

// openFolder makes the folder and locks it. ErrInvalid when it is a file or
// another process works on it.
func openFolder(dir string) (*folder, error) {
	err := os.MkdirAll(dir, 0o755)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, contract.Errorf(contract.ErrInvalid, "the folder %s cannot be made: there is a file in its way", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be made: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be opened: %w", dir, err)
	}
	f := &folder{Root: root}
	if f.lock, err = f.acquire(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return f, nil
}

// acquire locks the lock file. Between opening and locking it, its owner may
// have removed it: then a new one is made.
func (f *folder) acquire() (*os.File, error) {
	for {
		lock, err := f.OpenFile(lockName, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be written: %w", f.Name(), err)
		}
		if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			_ = lock.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, contract.Errorf(contract.ErrInvalid, "another process is downloading to %s: wait for it or choose another folder", f.Name())
			}
			return nil, fmt.Errorf("%s cannot be locked: %w", filepath.Join(f.Name(), lockName), err)
		}
		mine, err := lock.Stat()
		now, gone := f.Lstat(lockName)
		if err == nil && gone == nil && os.SameFile(mine, now) {
			return lock, nil
		}
		_ = lock.Close()
	}
}

// Close removes the lock while it is held, and gives it back.
func (f *folder) Close() error {
	return errors.Join(f.Remove(lockName), f.lock.Close(), f.Root.Close())
}

// regular reports whether there is a file of that name and its size; ErrInvalid
// when it is a symbolic link, a folder or another thing.
func (f *folder) regular(name string) (size int64, there bool, err error) {
	info, err := f.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("%s cannot be read: %w", f.path(name), err)
	}
	if !info.Mode().IsRegular() {
		return 0, false, contract.Errorf(contract.ErrInvalid, "%s is no regular file (%s): move it away, or choose another folder with --to", f.path(name), info.Mode().Type())
	}
	return info.Size(), true, nil
}

// holds reports whether the file of that name is there with the right content, and
// gives its SHA-256.
func (f *folder) holds(want file, each func(n int)) (sha256 string, right bool, err error) {
	size, there, err := f.regular(want.path)
	if err != nil || !there || size != want.size {
		return "", false, err
	}
	content, err := f.Open(want.path)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = content.Close() }()
	sha256, err = want.sum(&counted{content, each})
	if _, differs := errors.AsType[*mismatch](err); differs {
		return "", false, nil
	}
	return sha256, err == nil, err
}

// path is a name as the user knows it.
func (f *folder) path(name string) string { return filepath.Join(f.Name(), name) }

// sync makes names durable.
func (f *folder) sync() error {
	dir, err := f.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// freeSpace is what a user may write to the file system of an existing folder.
func freeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

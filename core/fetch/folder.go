package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"

	"golang.org/x/sys/unix"
)

// Folder is a folder that this process alone downloads to. Names cannot leave it.
type Folder struct {
	*os.Root
	lock     *os.File // nil in a folder that is only read
	lockName string
}

// OpenFolder makes a folder and locks it by a file of that name, which is there while
// the process works. ErrInvalid when the folder is a file or another process works on it.
func OpenFolder(dir, lockName string) (*Folder, error) {
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
	f := &Folder{Root: root, lockName: lockName}
	if f.lock, err = f.acquire(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return f, nil
}

// acquire locks the lock file. Between opening and locking it, its owner may
// have removed it: then a new one is made.
func (f *Folder) acquire() (*os.File, error) {
	for {
		lock, err := f.OpenFile(f.lockName, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be written: %w", f.Name(), err)
		}
		if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			_ = lock.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, contract.Errorf(contract.ErrInvalid, "another process is downloading to %s: wait for it or choose another folder", f.Name())
			}
			return nil, fmt.Errorf("%s cannot be locked: %w", filepath.Join(f.Name(), f.lockName), err)
		}
		mine, err := lock.Stat()
		now, gone := f.Lstat(f.lockName)
		if err == nil && gone == nil && os.SameFile(mine, now) {
			return lock, nil
		}
		_ = lock.Close()
	}
}

// ReadFolder opens a folder for reading; ErrNotFound when it is none.
func ReadFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%s is no folder that can be read: %v", dir, err)
	}
	return &Folder{Root: root}, nil
}

// Close removes the lock while it is held, and gives it back.
func (f *Folder) Close() error {
	if f.lock == nil {
		return f.Root.Close()
	}
	return errors.Join(f.Remove(f.lockName), f.lock.Close(), f.Root.Close())
}

// Regular reports whether there is a file of that name and its size; ErrInvalid
// when it is a symbolic link, a folder or another thing.
func (f *Folder) Regular(name string) (size int64, there bool, err error) {
	info, err := f.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("%s cannot be read: %w", f.At(name), err)
	}
	if !info.Mode().IsRegular() {
		return 0, false, contract.Errorf(contract.ErrInvalid, "%s is no regular file (%s): move it away, or choose another folder with --to", f.At(name), info.Mode().Type())
	}
	return info.Size(), true, nil
}

// Holds reports whether the file of that name is there with the right content, and
// gives its SHA-256.
func (f *Folder) Holds(want File, each func(n int)) (sha256 string, right bool, err error) {
	size, there, err := f.Regular(want.Path)
	if err != nil || !there || want.Size != UnknownSize && size != want.Size {
		return "", false, err
	}
	content, err := f.Open(want.Path)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = content.Close() }()
	sha256, err = want.Sum(&Counted{content, each})
	if _, differs := errors.AsType[*Mismatch](err); differs {
		return "", false, nil
	}
	return sha256, err == nil, err
}

// At is a name as the user knows it.
func (f *Folder) At(name string) string { return filepath.Join(f.Name(), name) }

// Sync makes names durable.
func (f *Folder) Sync() error {
	dir, err := f.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// Replace gives a file new content in one rename, after everything else in the folder is
// on disk.
func (f *Folder) Replace(name string, content []byte) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", f.Name(), err)
	}
	return disk.Replace(f.At(name), content)
}

// FreeSpace is what a user may write to the file system of an existing folder.
func FreeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

package host

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	runtimePrefix = "cllm4rec-run-"
	lockName      = "lock"
	// maxSocketDir leaves room for a socket's name in the 104 to 108 bytes that
	// systems allow for its path.
	maxSocketDir = 70
)

// runtimeDir is the private folder of a host for its plugins' sockets. A lock
// on a file in it tells other hosts that its owner lives; the kernel releases
// the lock however the owner ends.
type runtimeDir struct {
	path string
	lock *os.File
}

// newRuntimeDir makes a folder that only this user may enter, and removes those
// whose owners have died.
func newRuntimeDir() (*runtimeDir, error) {
	parent := os.TempDir()
	if len(parent)+len(runtimePrefix) > maxSocketDir {
		parent = "/tmp"
	}
	removeStale(parent)
	path, err := os.MkdirTemp(parent, runtimePrefix) // mode 0700
	if err != nil {
		return nil, fmt.Errorf("make a folder for sockets: %w", err)
	}
	lock, err := lockFile(path)
	if err != nil {
		_ = os.RemoveAll(path)
		return nil, fmt.Errorf("lock the folder for sockets: %w", err)
	}
	return &runtimeDir{path: path, lock: lock}, nil
}

// lockFile makes the file of the lock, locked. It gets its name after it is locked:
// another host would take a file that nobody holds for one whose owner has died.
func lockFile(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	lock, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// sub makes the folder of one plugin.
func (r *runtimeDir) sub() (string, error) { return os.MkdirTemp(r.path, "p") }

func (r *runtimeDir) remove() error {
	err := os.RemoveAll(r.path)
	_ = r.lock.Close()
	return err
}

// removeStale is housekeeping: what cannot be removed stays.
func removeStale(parent string) {
	dirs, err := filepath.Glob(filepath.Join(parent, runtimePrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if abandoned(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// abandoned reports whether nobody holds the lock of a folder. A folder without a
// lock may just be in the making, so only an old one counts.
func abandoned(dir string) bool {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if err != nil {
		info, statErr := os.Stat(dir)
		return os.IsNotExist(err) && statErr == nil && time.Since(info.ModTime()) > time.Hour
	}
	defer func() { _ = lock.Close() }()
	return unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

package claim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// publishWhole writes a file without a name and then gives it one (open(2), O_TMPFILE), which
// NFS cannot.
func publishWhole(path string, content []byte) error {
	f, err := os.OpenFile(filepath.Dir(path), os.O_WRONLY|unix.O_TMPFILE, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	}
	return errors.Join(err, f.Close())
}

// Package disk is what several rooms ask of a file system: the checksum of a file, whether
// it is still the same, a new content that a crash does not lose.
package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Sum is the sha256, in hex, and the size of a file, which may be larger than memory.
func Sum(path string) (sha string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if size, err = io.Copy(sum, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// Replace gives a file a content in one rename, which a crash does not undo. Until then the
// content lies beside it under a name that only a killed process leaves behind: a point, the
// file's name and a number.
func Replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := renameio.WriteFile(path, content, 0o644, renameio.WithTempDir(dir)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if err := SyncDir(dir); err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", path, err)
	}
	return nil
}

// SyncDir makes the names of a folder durable.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// NoLocks reports whether an error of flock says that the file system has no locks.
func NoLocks(err error) bool {
	return errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP)
}

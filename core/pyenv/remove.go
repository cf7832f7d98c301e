package pyenv

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
)

// Remove takes the environment of a plugin away, a half-made one too. ErrNotFound where
// there is none; ErrInvalid for a folder in its place that venv did not make, and while
// another process makes it.
func Remove(m *manifest.Manifest) (dir string, err error) {
	if dir, err = Folder(m); err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", contract.Errorf(contract.ErrNotFound, "plugin %s has no environment in %s", m.Name, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "pyvenv.cfg")); err != nil {
		return "", contract.Errorf(contract.ErrInvalid, "%s is no virtual environment (%v); remove it by hand", dir, err)
	}
	unlock, err := lock(m, dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	// The stamp goes first: what is left of a removal that was cut off is no environment.
	if err := os.Remove(filepath.Join(dir, stampName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return dir, os.RemoveAll(dir)
}

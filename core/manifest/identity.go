package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// Sum is the checksum of the plugin, a sha256 in hex over lines of text: each file (its
// path and the sha256 of its content), the manifest and the list of requirements among
// them, in the order of their paths, and then what further says, such as the packages of
// an environment. Python's own caches (__pycache__) are none of it.
func (m *Manifest) Sum(further []string) (string, error) {
	root, err := os.OpenRoot(m.Dir())
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	files, err := m.files(root)
	if err != nil {
		return "", contract.Errorf(contract.ErrBadData, "the files of %s: %v", m.path, err)
	}
	sum := sha256.New()
	for _, name := range files {
		content, err := sumOf(root, name)
		if err != nil {
			return "", contract.Errorf(contract.ErrBadData, "the files of %s: %v", m.path, err)
		}
		_, _ = fmt.Fprintf(sum, "file %q %s\n", name, content) // a hash never fails
	}
	for _, line := range further {
		_, _ = fmt.Fprintf(sum, "%s\n", line)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// files are all files of the plugin, sorted, none twice.
func (m *Manifest) files(root *os.Root) ([]string, error) {
	all := []string{File}
	if m.Install != nil {
		all = append(all, path.Clean(m.Install.Requirements))
	}
	if program := m.Command[0]; strings.Contains(program, "/") && !path.IsAbs(program) {
		all = append(all, path.Clean(program))
	}
	for _, name := range m.Files {
		below, err := filesBelow(root, path.Clean(name))
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// filesBelow are a file, or the files of a folder without Python's own caches.
func filesBelow(root *os.Root, name string) (all []string, err error) {
	err = fs.WalkDir(root.FS(), name, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "__pycache__":
			return fs.SkipDir
		case !entry.IsDir():
			all = append(all, at)
		}
		return nil
	})
	return all, err
}

// sumOf is the sha256 of a regular file of the folder.
func sumOf(root *os.Root, name string) (string, error) {
	info, err := root.Stat(name) // a symbolic link is followed as far as the folder reaches
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

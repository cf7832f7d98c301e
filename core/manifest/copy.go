package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// CopyTo writes the plugin into a folder that is there and empty: the files of its checksum,
// and those that its section check names; links become what they lead to. The manifest comes
// last: what was cut off is no plugin.
func (m *Manifest) CopyTo(folder string) (files int, err error) {
	from, err := os.OpenRoot(m.Dir())
	if err != nil {
		return 0, err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenRoot(folder)
	if err != nil {
		return 0, err
	}
	defer func() { _ = to.Close() }()
	names, err := m.files(from)
	if err == nil {
		names, err = m.withChecked(from, names)
	}
	if err != nil {
		return 0, contract.Errorf(contract.ErrBadData, "the files of %s: %v", m.path, err)
	}
	if err := m.copyFiles(from, to, names); err != nil {
		return 0, contract.Errorf(contract.ErrBadData, "the files of %s: %v", m.path, err)
	}
	return len(names), nil
}

func (m *Manifest) copyFiles(from, to *os.Root, names []string) error {
	for _, name := range m.Files {
		if info, err := from.Stat(name); err != nil {
			return err
		} else if info.IsDir() { // one without files is named all the same
			if err := to.MkdirAll(path.Clean(name), 0o755); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if err := copyFile(from, to, name); err != nil {
			return err
		}
	}
	return nil
}

// withChecked adds what the section check names to files, and puts the manifest last.
func (m *Manifest) withChecked(root *os.Root, files []string) ([]string, error) {
	if m.Check != nil {
		for _, name := range append(paths(m.Check.Params), m.Check.Sniff) {
			name = path.Clean(filepath.ToSlash(name))
			if _, err := root.Stat(name); name == "." || errors.Is(err, fs.ErrNotExist) {
				continue // a parameter may name what is still to be made
			}
			below, err := filesBelow(root, name)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		}
	}
	slices.Sort(files)
	files = slices.DeleteFunc(slices.Compact(files), func(name string) bool { return name == File })
	return append(files, File), nil
}

// paths are the texts in parameters that begin with "./".
func paths(value any) (found []string) {
	switch v := value.(type) {
	case string:
		if strings.HasPrefix(v, "./") {
			found = []string{v}
		}
	case []any:
		for _, inner := range v {
			found = append(found, paths(inner)...)
		}
	case map[string]any:
		for _, inner := range v {
			found = append(found, paths(inner)...)
		}
	}
	return found
}

func copyFile(from, to *os.Root, name string) error {
	info, err := from.Stat(name)
	if err != nil {
		return err
	}
	content, err := from.ReadFile(name)
	if err != nil {
		return err
	}
	return errors.Join(to.MkdirAll(path.Dir(name), 0o755), to.WriteFile(name, content, info.Mode().Perm()|0o600))
}

package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/fetch"
)

// There is a data set that a folder of data sets holds, or is on its way to.
type There struct {
	Folder   string
	Manifest *Manifest // nil while it is downloaded, or when it is damaged
	Problem  string    // why it cannot be used as it is; "" none
}

// List finds what Get has brought into a folder and into its folders, by path; nothing
// when there is no such folder.
func List(dir string) ([]There, error) {
	const below = 2 // NAME and NAME/CATEGORY
	return list(dir, below)
}

func list(dir string, depth int) (all []There, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		if name, hidden := strings.CutPrefix(e.Name(), "."); hidden {
			if name, is := strings.CutSuffix(name, workEnd); is {
				all = append(all, There{Folder: filepath.Join(dir, name), Problem: "download unfinished"})
			}
			continue
		}
		one, is, err := look(path)
		switch {
		case err != nil:
			return nil, err
		case is:
			all = append(all, one)
		case depth > 1:
			more, err := list(path, depth-1)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
	}
	return all, nil
}

// look reads a folder's manifest; it is no data set of ours without one.
func look(dir string) (one There, is bool, err error) {
	f, err := fetch.ReadFolder(dir)
	if err != nil {
		return one, false, err
	}
	defer func() { _ = f.Close() }()
	m, err := readManifest(f)
	if err != nil {
		return There{Folder: dir, Problem: ManifestName + " is damaged"}, true, nil
	}
	return There{Folder: dir, Manifest: m}, m != nil, nil
}

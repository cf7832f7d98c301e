package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files up to wholeFile bytes enter a digest as a whole; of a larger one (the
// weights of a large model) the size and three samples of sampleSize bytes do.
const (
	wholeFile  = 256 << 20
	sampleSize = 1 << 20
)

// digest is a sha256 over a file, or over the names and contents of all regular
// files under a folder. It makes a trial's hash depend on what its files hold
// and not on where they are.
func digest(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return digestFile(path)
	}
	sum := sha256.New()
	names, err := filesUnder(path)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		d, err := digestFile(filepath.Join(path, name))
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %s\n", d, filepath.ToSlash(name))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// filesUnder lists regular files below dir, following links to files; hidden
// files and folders are left out.
func filesUnder(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			name, err := filepath.Rel(dir, path)
			names = append(names, name)
			return err
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func digestFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%d\n", info.Size())
	offsets, length := []int64{0}, info.Size()
	if info.Size() > wholeFile {
		offsets, length = []int64{0, info.Size() / 2, info.Size() - sampleSize}, sampleSize
	}
	for _, at := range offsets {
		if _, err := io.Copy(sum, io.NewSectionReader(f, at, length)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// canonical is v as JSON with sorted keys and without spaces.
func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	tree, err := decodeNumbers(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// decodeNumbers decodes JSON keeping numbers as they are written.
func decodeNumbers(raw []byte) (any, error) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var tree any
	err := dec.Decode(&tree)
	return tree, err
}

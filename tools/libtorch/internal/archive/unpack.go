package archive

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// top is the folder that official archives hold everything in.
const top = "libtorch/"

// unpack puts the archive's libtorch folder at target.
func unpack(file, target string) error {
	reader, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	work, err := os.MkdirTemp(filepath.Dir(target), "unpack-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	for _, entry := range reader.File {
		if err := extract(entry, work); err != nil {
			return fmt.Errorf("%s: %w", entry.Name, err)
		}
	}
	return replace(filepath.Join(work, strings.TrimSuffix(top, "/")), target)
}

// extract writes one entry below folder.
func extract(entry *zip.File, folder string) error {
	if !filepath.IsLocal(entry.Name) || !strings.HasPrefix(entry.Name, top) {
		return fmt.Errorf("outside %s", top)
	}
	path := filepath.Join(folder, entry.Name)
	if entry.FileInfo().IsDir() {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, entry.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		return err
	}
	return to.Close()
}

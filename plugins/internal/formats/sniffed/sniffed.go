// Package sniffed looks at files and folders for datasets that recognise their own
// (contract.Sniffer): names, and the first lines of a text.
package sniffed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/regular"
)

// maxNames is how many entries of a folder are looked at.
const maxNames = 10_000

// compressed are the endings that a compressed file may have behind its name.
var compressed = []string{"", ".gz", ".zst"}

// Sight is what can be seen of a path without opening files.
type Sight struct {
	Path   string
	Folder bool
	// Names are the entries of the folder in order, the first 10,000 of them; of a
	// file its own name.
	Names []string
}

// Look looks at a path. ErrNotFound where there is nothing.
func Look(path string) (Sight, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Sight{}, contract.Errorf(contract.ErrNotFound, "%s: no such file or folder", path)
	case err != nil:
		return Sight{}, contract.Errorf(contract.ErrBadData, "%v", err)
	case !info.IsDir():
		return Sight{Path: path, Names: []string{filepath.Base(path)}}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return Sight{}, contract.Errorf(contract.ErrBadData, "%v", err)
	}
	s := Sight{Path: path, Folder: true}
	for _, e := range entries[:min(len(entries), maxNames)] {
		s.Names = append(s.Names, e.Name())
	}
	return s, nil
}

// File is the regular file of a folder with one of these names, plain or with the
// ending of gzip or Zstandard; "" where there is none. Of a path that is a file it is
// that file, when the name fits.
func (s Sight) File(names ...string) string {
	for _, name := range names {
		for _, end := range compressed {
			for _, have := range s.Names {
				if have != name+end {
					continue
				}
				path := s.Path
				if s.Folder {
					path = filepath.Join(s.Path, have)
				}
				if regular.Check(path) == nil {
					return path
				}
			}
		}
	}
	return ""
}

// Plain is a name without the ending of a compressed file.
func Plain(name string) string {
	for _, end := range compressed[1:] {
		if short, cut := strings.CutSuffix(name, end); cut {
			return short
		}
	}
	return name
}

// maxBytes bounds what Lines reads of a file, decompressed.
const maxBytes = 1 << 20

var errEnough = errors.New("enough has been read")

// Lines are the first n lines of a text file that are not blank, decompressed,
// without a byte order mark, and cut after a megabyte in all. None where the file
// cannot be read or is no text: a byte is zero. They may be no UTF-8.
func Lines(ctx context.Context, path string, n int) []string {
	var first []string
	size := 0
	err := lines.Each(ctx, path, func(l lines.Line) error {
		if bytes.IndexByte(l.Bytes, 0) >= 0 {
			first = nil
			return errEnough
		}
		size += len(l.Bytes)
		if first = append(first, string(l.Bytes)); len(first) < n && size < maxBytes {
			return nil
		}
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil
	}
	return first
}

// Guess is a guess with these parameters, a struct or a map. Of a map of texts those that
// are "", such as a file that is not there, are left out.
func Guess(params any, c contract.Confidence, why string) ([]contract.Guess, error) {
	if texts, are := params.(map[string]string); are {
		maps.DeleteFunc(texts, func(_, text string) bool { return text == "" })
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	return []contract.Guess{{Params: raw, Confidence: c, Why: why}}, nil
}

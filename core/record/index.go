package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"

	"cllm4rec/core/claim"
	"cllm4rec/core/disk"
)

// indexFile has the heads of a folder's records. It is made of them, may be removed at any
// time, and is believed about a record only while the record's file is the one that was read.
const indexFile = "index.json"

// indexClaim is the claim of whoever writes the index.
const indexClaim = "index"

// indexForm is the version of the index, raised when Head or the checks of a record change:
// an index of another form is not read.
const indexForm = 1

// known is a head and the file that it was read from.
type known struct {
	Head Head       `json:"head"`
	File disk.Stamp `json:"file"`
}

// identify looks at a file without reading it. Machines that share a folder number its device
// each for themselves.
func identify(path string) (disk.Stamp, error) {
	file, err := disk.StampAt(path)
	file.Device = 0
	return file, err
}

// indexHeader is the first line of the index; the second one is a map of known by key.
type indexHeader struct {
	Form   int    `json:"form"`
	SHA256 string `json:"sha256"` // of what follows
}

// readIndex is nil where there is no whole index of this form: it is then made anew.
func (s *Store) readIndex() map[string]known {
	raw, err := os.ReadFile(filepath.Join(s.dir, indexFile))
	if err != nil {
		return nil
	}
	first, body, _ := bytes.Cut(raw, []byte("\n"))
	var header indexHeader
	if json.Unmarshal(first, &header) != nil || header.Form != indexForm || header.SHA256 != digestOf(body) {
		return nil
	}
	var index map[string]known
	if json.Unmarshal(body, &index) != nil {
		return nil
	}
	return index
}

// SaveIndex keeps heads for the next reader, beside those that other processes kept. While
// another process does so, nothing is kept. Only whoever has opened the folder to write
// calls it.
func (s *Store) SaveIndex(heads *Heads) error {
	c, err := s.Claim(indexClaim)
	var held *claim.HeldError
	if errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(s.saveIndex(heads), c.Release())
}

func (s *Store) saveIndex(heads *Heads) error {
	index := s.readIndex()
	if index == nil {
		index = map[string]known{}
	}
	maps.Copy(index, heads.fresh)
	maps.DeleteFunc(index, func(key string, k known) bool {
		now, err := identify(s.recordPath(key))
		return err != nil || now != k.File
	})
	body, err := json.Marshal(index)
	if err != nil {
		return err
	}
	header, err := json.Marshal(indexHeader{indexForm, digestOf(body)})
	if err != nil {
		return err
	}
	return disk.Replace(filepath.Join(s.dir, indexFile), append(append(header, '\n'), body...))
}

package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"time"

	"cllm4rec/core/claim"

	"golang.org/x/sys/unix"
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
	Head Head     `json:"head"`
	File identity `json:"file"`
}

// identity is what changes when somebody writes a file, also one who sets its time back:
// no program can set the time of the last change.
type identity struct {
	Size    int64  `json:"size"`
	Inode   uint64 `json:"inode"`
	Written int64  `json:"written"` // nanoseconds since 1970, as Changed
	Changed int64  `json:"changed"`
}

// identify looks at a file without reading it.
func identify(path string) (identity, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return identity{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return identity{s.Size, s.Ino, s.Mtim.Nano(), s.Ctim.Nano()}, nil
}

// settled is how long a file must have been left alone before its identity is trusted:
// longer than the coarsest clock of a file system that is used, since two changes within
// one of its ticks have the same time.
const settled = 3 * time.Second

func (i identity) settled(now time.Time) bool { return now.Sub(time.Unix(0, i.Changed)) > settled }

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

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
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
	return writeFile(filepath.Join(s.dir, indexFile), append(append(header, '\n'), body...))
}

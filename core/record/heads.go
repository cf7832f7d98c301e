package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"cllm4rec/core/disk"

	"golang.org/x/sync/errgroup"
)

// Heads are heads of records by key.
type Heads struct {
	ByKey map[string]Head
	fresh map[string]known // read from records and not from the index, and settled
}

// Stale is how many heads the index lacked.
func (h *Heads) Stale() int { return len(h.fresh) }

// found is what one key led to.
type found struct {
	head  Head
	file  disk.Stamp
	there bool
	read  bool // from the record
	err   error
}

// Heads are the heads of trials; one without a record has none. They come from the
// folder's index where the record's file is the one that the index was made of, else from
// the record, which is checked. All damaged records are reported together.
func (s *Store) Heads(keys []string) (*Heads, error) { return s.headsAt(keys, time.Now()) }

func (s *Store) headsAt(keys []string, now time.Time) (*Heads, error) {
	index := s.readIndex()
	all := make([]found, len(keys))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for lo := 0; lo < len(keys); lo += headsAtOnce {
		group.Go(func() error {
			for i := lo; i < min(lo+headsAtOnce, len(keys)); i++ {
				all[i] = s.find(index, keys[i])
			}
			return nil
		})
	}
	_ = group.Wait() // errors are in all, in the order of the keys
	heads := &Heads{ByKey: make(map[string]Head, len(keys)), fresh: map[string]known{}}
	var damaged []error
	for i, f := range all {
		if f.there {
			heads.ByKey[keys[i]] = f.head
		}
		if f.read && f.file.Settled(now) {
			heads.fresh[keys[i]] = known{f.head, f.file}
		}
		damaged = append(damaged, f.err)
	}
	return heads, errors.Join(damaged...)
}

// headsAtOnce is how many records one goroutine looks at.
const headsAtOnce = 100

// find looks at the file first, so that one that is replaced while it is read has another
// identity the next time.
func (s *Store) find(index map[string]known, key string) found {
	file, err := identify(s.recordPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return found{}
	}
	if err != nil {
		return found{err: err}
	}
	if k, indexed := index[key]; indexed && k.File == file {
		return found{head: k.Head, there: true}
	}
	rec, err := s.Load(key)
	if err != nil {
		return found{err: err}
	}
	return found{head: rec.Head(), file: file, there: true, read: true}
}

// Keys are the names of all folders of trials, in order; some may have no record.
func (s *Store) Keys() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "trials"))
	if err != nil {
		return nil, fmt.Errorf("the records cannot be listed: %w", err)
	}
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Name()
	}
	return keys, nil
}

func (s *Store) recordPath(key string) string { return filepath.Join(s.Folder(key), recordFile) }

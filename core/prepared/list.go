package prepared

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Entry is one prepared split of a Store.
type Entry struct {
	Key     string
	Content json.RawMessage // what the key was made of; nil where the header cannot be read
	Size    int64           // bytes
	Written time.Time
	Used    time.Time // last; where the store could not be written then, earlier
	// Problem says why it cannot be used; nil: it can, as far as its header says.
	Problem error
}

// List is all that the store has, by keys; of each file it reads the header alone. A store
// that is not there is empty.
func (s *Store) List() ([]Entry, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Entry
	for _, e := range entries {
		key, ours := strings.CutSuffix(e.Name(), suffix)
		if !ours || e.IsDir() || strings.HasPrefix(key, ".") {
			continue
		}
		entry := Entry{Key: key}
		if info, err := e.Info(); err == nil {
			entry.Size, entry.Written, entry.Used = info.Size(), info.ModTime(), info.ModTime()
		}
		h, err := s.header(key)
		if entry.Problem = err; err == nil {
			entry.Content = h.Content
			if !h.Written.IsZero() { // files of earlier versions have none
				entry.Written = h.Written
			}
		}
		all = append(all, entry)
	}
	return all, err
}

// Remove removes the split of a key. Processes that have it open keep it.
func (s *Store) Remove(key string) error { return os.Remove(s.Path(key)) }

// Dir is the folder of the store.
func (s *Store) Dir() string { return filepath.Clean(s.dir) }

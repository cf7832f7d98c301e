package prepared

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"

	"github.com/google/renameio/v2"
)

// Store is a folder of prepared splits. Processes may share it.
type Store struct{ dir string }

// NewStore is the store of a folder, which Save makes.
func NewStore(dir string) *Store { return &Store{dir} }

// DefaultDir is the folder cllm4rec/prepared of the user's cache ($XDG_CACHE_HOME,
// else ~/.cache).
func DefaultDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for prepared splits: %w; --store DIR names one, --store off does without", err)
	}
	return filepath.Join(dir, "cllm4rec", "prepared"), nil
}

// suffix of a prepared split.
const suffix = ".split"

// Path is the file of a key.
func (s *Store) Path(key string) string { return filepath.Join(s.dir, key+suffix) }

// Has reports whether there is a file of a key.
func (s *Store) Has(key string) bool {
	_, err := os.Stat(s.Path(key))
	return err == nil
}

// Open has the split of a key, under a name. Its slices and strings lie in the
// file's mapping, which must not be written to. Checked are the header's checksum,
// the sizes, the places of all columns and the rows of the matrices; Verify checks
// the rest.
//
// Errors: ErrNotFound when there is none, ErrBadData (saying what to remove) for a
// file that is damaged, of a newer form or of another key, ErrUnsupported on a
// machine of another order of bytes.
func (s *Store) Open(key, name string) (*data.Split, error) {
	f, err := s.open(key)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	_ = os.Chtimes(s.Path(key), now, now) // prune --unused looks at it; a store that can only be read has none
	f.split.Name = name
	return f.split, nil
}

func (s *Store) open(key string) (*file, error) {
	if err := checkMachine(); err != nil {
		return nil, err
	}
	f, err := open(s.Path(key))
	if err != nil {
		return nil, s.explain(key, err)
	}
	return f, s.explain(key, f.header.check(key))
}

// header is that of the file of a key. Errors are those of Open.
func (s *Store) header(key string) (header, error) {
	if err := checkMachine(); err != nil {
		return header{}, err
	}
	h, err := readHeader(s.Path(key))
	if err == nil {
		err = h.check(key)
	}
	return h, s.explain(key, err)
}

// check refuses the header of another key.
func (h *header) check(key string) error {
	if h.Key != key {
		return damage("it holds the split of the key %.12s", h.Key)
	}
	return nil
}

// explain says which file an error is about, and what to do.
func (s *Store) explain(key string, err error) error {
	path := s.Path(key)
	var bad *contract.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return contract.Errorf(contract.ErrNotFound, "there is no prepared split %s", path)
	case errors.As(err, &bad):
		return contract.Errorf(bad.Sentinel, "%s cannot be used: %s; to have it made anew: rm %s", path, bad.Message, path)
	}
	return fmt.Errorf("a prepared split cannot be read: %w", err)
}

// Verify holds every column of the file of a key against its checksum, every index
// against its range, and the whole against the fingerprint. Errors are those of Open.
func (s *Store) Verify(key string) error {
	f, err := s.open(key)
	if err != nil {
		return err
	}
	if err := f.verify(); err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; to have it made anew: rm %s", s.Path(key), err, s.Path(key))
	}
	return nil
}

func (f *file) verify() error {
	if err := f.reader.sums(); err != nil {
		return err
	}
	for _, p := range parts(f.split) {
		if x := *p.at; x != nil {
			for at, item := range x.Item {
				if item < 0 || int(item) >= x.Items {
					return fmt.Errorf("interaction %d of the %s part is with item %d of %d", at, p.name, item, x.Items)
				}
			}
		}
	}
	if got := data.FingerprintOf(f.split); got != f.header.Fingerprint {
		return fmt.Errorf("it has the fingerprint %.12s and says that it has %.12s", got, f.header.Fingerprint)
	}
	return nil
}

// Save writes the split of a key, in place of what is there; content is what the
// key was made of. It returns the size in bytes.
func (s *Store) Save(key string, content json.RawMessage, split *data.Split) (int64, error) {
	if err := checkMachine(); err != nil {
		return 0, err
	}
	size, err := s.save(key, content, split)
	if err != nil {
		return 0, fmt.Errorf("the prepared split cannot be written: %w", err)
	}
	return size, nil
}

func (s *Store) save(key string, content json.RawMessage, split *data.Split) (int64, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return 0, err
	}
	s.sweep()
	f, err := renameio.NewPendingFile(s.Path(key), renameio.WithTempDir(s.dir), renameio.WithPermissions(0o644))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Cleanup() }()
	if err := write(f.File, key, content, split); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.CloseAtomicallyReplace()
}

// abandoned is the age of an unfinished file that nobody writes any more.
const abandoned = 24 * time.Hour

// sweep removes what processes left behind that were killed while they wrote.
func (s *Store) sweep() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), ".") && strings.Contains(e.Name(), suffix) && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(s.dir, e.Name())) // another process may do it too
		}
	}
}

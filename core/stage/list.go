package stage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cllm4rec/core/contract"
)

// Entry is one result of a Store, or the work on one.
type Entry struct {
	Key     string
	About   About // empty where nothing was committed yet
	Size    int64 // bytes
	Written time.Time
	Used    time.Time // last; where the store could not be written then, earlier
	Work    bool      // it is being made, or its maker was killed
	// Problem says why it cannot be used; nil: it can, as far as its manifest says.
	Problem error
}

// List is all that the store has: results first, by their keys, then work. A store that
// is not there is empty.
func (s *Store) List() ([]Entry, error) {
	results, err := folders(s.dir)
	if err != nil {
		return nil, err
	}
	work, err := folders(filepath.Join(s.dir, workDir))
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, key := range results {
		if key != workDir && key != claimsDir {
			all = append(all, s.entry(s.Result(key), false))
		}
	}
	for _, key := range work {
		all = append(all, s.entry(s.work(key), true))
	}
	return all, nil
}

// folders are the names of the folders in one; none where it is not there.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (s *Store) work(key string) Folder {
	return Folder{Dir: filepath.Join(s.dir, workDir, key), Key: key}
}

func (s *Store) entry(f Folder, work bool) Entry {
	e := Entry{Key: f.Key, Work: work}
	m, err := f.Manifest()
	if work && errors.Is(err, contract.ErrNotFound) {
		err = nil // no checkpoint yet
	}
	e.Problem = err
	if m != nil {
		e.Size, e.Written = m.Size(), m.Written
		if m.About != nil {
			e.About = *m.About
		}
	}
	if info, err := os.Stat(f.Path(ManifestFile)); err == nil {
		e.Used = info.ModTime()
	}
	return e
}

// Verify holds every file of an entry against its size and checksum.
func (s *Store) Verify(e Entry) error {
	f := s.Result(e.Key)
	if e.Work {
		f = s.work(e.Key)
	}
	m, err := f.Manifest()
	if err != nil {
		if e.Work && errors.Is(err, contract.ErrNotFound) {
			return nil
		}
		return err
	}
	return f.verify(m)
}

// Sweep removes the claims of makers of this machine that died.
func (s *Store) Sweep() error {
	err := s.taker.Sweep(filepath.Join(s.dir, claimsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Remove removes an entry, unless somebody uses or makes it: kept says who.
func (s *Store) Remove(e Entry) (kept error, err error) {
	if e.Work {
		return s.removeWork(e.Key)
	}
	unlock, err := s.Result(e.Key).lock(true)
	switch {
	case errors.Is(err, errInUse):
		return err, nil
	case errors.Is(err, fs.ErrNotExist): // damaged: without a manifest nobody uses it
	case err != nil:
		return nil, err
	default:
		defer unlock()
	}
	return nil, s.discard(s.Result(e.Key))
}

// removeWork removes what a maker left, while holding its claim.
func (s *Store) removeWork(key string) (kept error, err error) {
	dir := filepath.Join(s.dir, claimsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, s.unusable(err)
	}
	c, err := s.taker.Take(filepath.Join(dir, key))
	if err != nil {
		return err, nil
	}
	return nil, errors.Join(os.RemoveAll(s.work(key).Dir), c.Release())
}

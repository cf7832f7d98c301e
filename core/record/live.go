package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/disk"
)

// progressFolder says how far trials are that are under way, a file for each.
const progressFolder = "progress"

const progressSuffix = ".json"

func (s *Store) progressPath(key string) string {
	return filepath.Join(s.dir, progressFolder, key+progressSuffix)
}

// SaveProgress notes how far a trial is, for those who look at the folder from elsewhere.
func (s *Store) SaveProgress(key string, how any) error {
	raw, err := json.Marshal(how)
	if err != nil {
		return fmt.Errorf("the progress of trial %s cannot be written: %w", key, err)
	}
	path := s.progressPath(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return disk.Replace(path, raw)
}

// LoadProgress reads how far the trial of a claim is; false where it has not said so.
func (s *Store) LoadProgress(key string, how any) (bool, error) {
	raw, err := os.ReadFile(s.progressPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, how)
	}
	return err == nil, err
}

// EndProgress removes what SaveProgress wrote.
func (s *Store) EndProgress(key string) error {
	err := os.Remove(s.progressPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweepProgress removes what killed runs left behind.
func (s *Store) sweepProgress() error {
	left, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), progressFolder, "*"))
	all := []error{err}
	for _, path := range left {
		key, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), "."), progressSuffix) // also of what is half written
		all = append(all, s.removeIfFree(path, key))
	}
	return errors.Join(all...)
}

package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"cllm4rec/core/contract"

	"github.com/google/renameio/v2"
)

// Store is a folder of records. Open it to write, View it to read.
type Store struct {
	dir  string
	lock *os.File // nil for a viewer
}

// Open makes the folder if needed and locks it: a second run on the same
// folder is refused with an ErrInvalid, on the same machine, and so is a file.
func Open(dir string) (*Store, error) {
	err := os.MkdirAll(filepath.Join(dir, "trials"), 0o755)
	var at *fs.PathError
	if errors.As(err, &at) && errors.Is(err, syscall.ENOTDIR) {
		return nil, contract.Errorf(contract.ErrInvalid, "the output folder cannot be made: %s is a file; expected a folder", at.Path)
	}
	if err != nil {
		return nil, fmt.Errorf("the output folder cannot be made: %w", err)
	}
	lock, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, lock: lock}, nil
}

// View reads a folder without locking it; ErrNotFound when there are no records.
func View(dir string) (*Store, error) {
	if info, err := os.Stat(filepath.Join(dir, "trials")); err != nil || !info.IsDir() {
		return nil, contract.Errorf(contract.ErrNotFound, "%s holds no records: it has no folder trials/ (make some with `cllm4rec run FILE --out %s`)", dir, dir)
	}
	return &Store{dir: dir}, nil
}

// Close gives the lock back.
func (s *Store) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Folder is where a trial's files are.
func (s *Store) Folder(hash string) string { return filepath.Join(s.dir, "trials", hash) }

// WorkDir makes and returns the folder for a trial's large files, such as towers.
func (s *Store) WorkDir(hash string) (string, error) {
	dir := filepath.Join(s.Folder(hash), "work")
	return dir, os.MkdirAll(dir, 0o755)
}

// SavePlan stores what a run is about to do, so that a table knows which
// records belong together.
func (s *Store) SavePlan(plan any) error {
	raw, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return fmt.Errorf("the plan cannot be written: %w", err)
	}
	return writeFile(filepath.Join(s.dir, "plan.json"), append(raw, '\n'))
}

// LoadPlan reads the stored plan strictly; ErrNotFound when there is none.
func (s *Store) LoadPlan(plan any) error {
	path := filepath.Join(s.dir, "plan.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return contract.Errorf(contract.ErrNotFound, "%s does not exist; `cllm4rec run` writes it", path)
	}
	if err == nil {
		err = decodeStrict(raw, plan)
	}
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; run the experiment again to rewrite it", path, err)
	}
	return nil
}

// Save writes a trial: the per-user results of each part first, record.json
// last, each atomically, so that a record that exists is complete. It fills in
// File and SHA256 of the record's results.
func (s *Store) Save(rec *Record, users map[string]*Users) error {
	dir := s.Folder(rec.Hash)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the record cannot be written: %w", err)
	}
	for i := range rec.Results {
		if err := saveUsers(dir, &rec.Results[i], users[rec.Results[i].Part]); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("the record of trial %s cannot be written: %w", rec.Hash, err)
	}
	return writeFile(filepath.Join(dir, "record.json"), append(raw, '\n'))
}

func saveUsers(dir string, r *Result, u *Users) error {
	if u == nil {
		return fmt.Errorf("the %s results have no per-user values", r.Part)
	}
	raw, err := u.encode()
	if err != nil {
		return fmt.Errorf("the per-user results of %s cannot be written: %w", r.Part, err)
	}
	sum := sha256.Sum256(raw)
	r.File, r.SHA256 = "users-"+r.Part+".csv.gz", hex.EncodeToString(sum[:])
	return writeFile(filepath.Join(dir, r.File), raw)
}

// Load reads the record of a trial. ErrNotFound when there is none; ErrBadData
// when it is damaged, with the way to mend it: it is never silently run again.
func (s *Store) Load(hash string) (*Record, error) {
	path := filepath.Join(s.Folder(hash), "record.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no record", hash)
	}
	var rec Record
	if err == nil {
		err = decodeStrict(raw, &rec)
	}
	if err == nil {
		err = rec.check(hash)
	}
	if err != nil {
		return nil, s.damaged(path, hash, err)
	}
	return &rec, nil
}

// All reads every record of the store, in the order of their hashes. All damaged
// ones are reported together.
func (s *Store) All() ([]*Record, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "trials"))
	if err != nil {
		return nil, fmt.Errorf("the records cannot be listed: %w", err)
	}
	var all []*Record
	var damaged []error
	for _, e := range entries {
		rec, err := s.Load(e.Name())
		switch {
		case err == nil:
			all = append(all, rec)
		case !errors.Is(err, contract.ErrNotFound): // a trial that was killed has a folder only
			damaged = append(damaged, err)
		}
	}
	return all, errors.Join(damaged...)
}

func (s *Store) damaged(path, hash string, why error) error {
	return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; to run the trial again: rm -r %s", path, why, s.Folder(hash))
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// check tells what contradicts itself in a record that was found under hash.
func (r *Record) check(hash string) error {
	switch {
	case r.Schema != Schema:
		return fmt.Errorf("it has schema %d, expected %d", r.Schema, Schema)
	case r.Hash != hash || !hashForm.MatchString(r.Hash):
		return fmt.Errorf("it is the record of trial %q", r.Hash)
	case r.Status != Done && r.Status != Failed:
		return fmt.Errorf("its status is %q, expected done or failed", r.Status)
	case r.Status == Done && len(r.Results) == 0:
		return errors.New("it is done but has no results")
	case r.Status == Failed && r.Error == "":
		return errors.New("it failed but does not say why")
	}
	for _, res := range r.Results {
		if res.File != filepath.Base(res.File) || len(res.Means) == 0 {
			return fmt.Errorf("its %s results are incomplete", res.Part)
		}
	}
	return nil
}

// Users reads the per-user results of a part and checks them against the record.
func (s *Store) Users(rec *Record, part string) (*Users, error) {
	r := rec.Result(part)
	if r == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no %s results", rec.Hash, part)
	}
	path := filepath.Join(s.Folder(rec.Hash), r.File)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, s.damaged(path, rec.Hash, err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != r.SHA256 {
		return nil, s.damaged(path, rec.Hash, errors.New("its checksum is not the one in record.json"))
	}
	u, err := decodeUsers(raw)
	if err == nil && len(u.Users) != r.Users {
		err = fmt.Errorf("it has %d users, the record %d", len(u.Users), r.Users)
	}
	if err != nil {
		return nil, s.damaged(path, rec.Hash, err)
	}
	return u, nil
}

// decodeStrict reads exactly one JSON value without unknown keys.
func decodeStrict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more follows after the JSON value")
	}
	return nil
}

// writeFile replaces a file atomically and leaves nothing behind on failure.
func writeFile(path string, raw []byte) error {
	if err := renameio.WriteFile(path, raw, 0o644); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", path, err)
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", path, err)
	}
	return nil
}

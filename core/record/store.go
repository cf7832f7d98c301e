package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/eval"
)

// recordFile is the file of a trial's folder that is written last.
const recordFile = "record.json"

// workFolder is the folder of a trial's checkpoints.
const workFolder = "work"

// Part is what Save writes beside record.json for one part of the data.
type Part struct {
	Users    *Users
	Rankings *eval.Rankings
}

// Store is a folder of records. Open it to write, View it to read.
type Store struct {
	dir    string
	claims *claim.Taker // nil for a viewer
	lock   *os.File     // nil for a viewer, and where the file system has no locks
}

// Open makes the folder if needed and removes what killed runs left half written.
// Several processes may have one folder open, of one machine or of several that share it:
// each claims what it works at. ErrInvalid for a file, and for a folder in which a version
// of the program works that knows no claims.
func Open(dir string) (*Store, error) { return OpenWith(dir, claim.Options{}) }

// OpenWith is Open with another patience with processes that do not answer.
func OpenWith(dir string, o claim.Options) (*Store, error) {
	for _, name := range []string{"trials", plansFolder, claimsFolder} {
		if err := makeFolder(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	lock, err := share(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, claims: claim.NewTaker(o)}
	if err := s.sweep(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o755)
	var at *fs.PathError
	if errors.As(err, &at) && errors.Is(err, syscall.ENOTDIR) {
		return contract.Errorf(contract.ErrInvalid, "the output folder cannot be made: %s is a file; expected a folder", at.Path)
	}
	if err != nil {
		return fmt.Errorf("the output folder cannot be made: %w", err)
	}
	return nil
}

// View reads a folder without making or claiming anything; ErrNotFound when there are no
// records.
func View(dir string) (*Store, error) {
	if info, err := os.Stat(filepath.Join(dir, "trials")); err != nil || !info.IsDir() {
		return nil, contract.Errorf(contract.ErrNotFound, "%s holds no records: it has no folder trials/ (make some with `cllm4rec run FILE --out %s`)", dir, dir)
	}
	return &Store{dir: dir}, nil
}

// Close lets versions of the program write that know no claims.
func (s *Store) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Folder is where a trial's files are.
func (s *Store) Folder(key string) string { return filepath.Join(s.dir, "trials", key) }

// WorkDir makes and returns the folder for a trial's large files, such as towers.
func (s *Store) WorkDir(key string) (string, error) {
	dir := filepath.Join(s.Folder(key), workFolder)
	return dir, os.MkdirAll(dir, 0o755)
}

// Save writes a trial: the files of each part first, record.json last, each
// atomically, so that a record that exists is complete. It fills in the names and
// checksums of the files. The record of a failure does not replace a finished one.
func (s *Store) Save(rec *Record, parts map[string]*Part) error {
	if rec.Status == Failed && s.finished(rec.Key) {
		return nil
	}
	dir := s.Folder(rec.Key)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the record cannot be written: %w", err)
	}
	for i := range rec.Results {
		if err := saveParts(dir, &rec.Results[i], parts[rec.Results[i].Part]); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("the record of trial %s cannot be written: %w", rec.Key, err)
	}
	return disk.Replace(s.recordPath(rec.Key), append(raw, '\n'))
}

// finished reports whether a trial has a finished record of this schema.
func (s *Store) finished(key string) bool {
	rec, err := s.Load(key)
	return err == nil && rec.Finishes()
}

// saveParts writes the two files of a part's results.
func saveParts(dir string, r *Result, p *Part) error {
	if p == nil || p.Users == nil || p.Rankings == nil {
		return fmt.Errorf("the %s results have no per-user values or no rankings", r.Part)
	}
	values, err := p.Users.encode()
	if err != nil {
		return fmt.Errorf("the per-user results of %s cannot be written: %w", r.Part, err)
	}
	rankings, err := encodeRankings(p.Rankings)
	if err != nil {
		return fmt.Errorf("the rankings of %s cannot be written: %w", r.Part, err)
	}
	r.Depth = p.Rankings.Depth
	r.PerUser = fileOf("users-"+r.Part+".csv.gz", values)
	ranking := fileOf("ranking-"+r.Part+".parquet", rankings)
	r.Ranking = &ranking
	if err := disk.Replace(filepath.Join(dir, r.PerUser.Name), values); err != nil {
		return err
	}
	return disk.Replace(filepath.Join(dir, ranking.Name), rankings)
}

// Load reads the record of a trial. ErrNotFound when there is none; ErrBadData
// when it is damaged, with the way to mend it: it is never silently run again.
func (s *Store) Load(key string) (*Record, error) {
	path := s.recordPath(key)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no record", key)
	}
	var rec *Record
	if err == nil {
		rec, err = decode(raw)
	}
	if err == nil {
		err = rec.check(key)
	}
	if err != nil {
		return nil, s.damaged(path, key, err)
	}
	return rec, nil
}

// All reads every record of the store, in the order of their keys. All damaged
// ones are reported together.
func (s *Store) All() ([]*Record, error) {
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	var all []*Record
	var damaged []error
	for _, key := range keys {
		rec, err := s.Load(key)
		switch {
		case err == nil:
			all = append(all, rec)
		case !errors.Is(err, contract.ErrNotFound): // a trial that was killed has a folder only
			damaged = append(damaged, err)
		}
	}
	return all, errors.Join(damaged...)
}

func (s *Store) damaged(path, key string, why error) error {
	return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; to run the trial again: rm -r %s", path, why, s.Folder(key))
}

// Users reads the per-user results of a part and checks them against the record.
func (s *Store) Users(rec *Record, part string) (*Users, error) {
	r := rec.Result(part)
	if r == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no %s results", rec.Key, part)
	}
	path := filepath.Join(s.Folder(rec.Key), r.PerUser.Name)
	raw, err := readFile(path, r.PerUser)
	var users *Users
	if err == nil {
		users, err = decodeUsers(raw)
	}
	if err == nil {
		err = r.agrees(users)
	}
	if err != nil {
		return nil, s.damaged(path, rec.Key, err)
	}
	return users, nil
}

// Rankings reads what a trial recommended on a part. ErrNotFound when the record
// has none, as those of schema 1.
func (s *Store) Rankings(rec *Record, part string) (*eval.Rankings, error) {
	r := rec.Result(part)
	if r == nil || r.Ranking == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no stored %s rankings: run the experiment again", rec.Key, part)
	}
	path := filepath.Join(s.Folder(rec.Key), r.Ranking.Name)
	raw, err := readFile(path, *r.Ranking)
	var rankings *eval.Rankings
	if err == nil {
		rankings, err = decodeRankings(raw, r.Depth, rec.Data.Users, rec.Data.Items)
	}
	if err == nil && len(rankings.Users) != r.Users {
		err = fmt.Errorf("it has %d users, the record %d", len(rankings.Users), r.Users)
	}
	if err != nil {
		return nil, s.damaged(path, rec.Key, err)
	}
	return rankings, nil
}

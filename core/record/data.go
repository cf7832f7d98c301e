package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/disk"
)

// The files of a data set's folder.
const (
	usersFile = "users.parquet"
	itemsFile = "items.parquet"
	// foldInFile is there where users are held out whole.
	foldInFile = "fold-in.parquet"
)

// dataFolder is where the files of a split data set are.
func (s *Store) dataFolder(fingerprint string) string {
	return filepath.Join(s.dir, "data", fingerprint)
}

// SaveData writes the split data that records refer to, once for each
// fingerprint: files that are there and say the same stay as they are. ErrBadData
// when they say something else.
func (s *Store) SaveData(ctx context.Context, split *data.Split) (files DataFiles, err error) {
	err = s.Claimed(ctx, split.Fingerprint, func(context.Context) error {
		files, err = saveData(s.dataFolder(split.Fingerprint), split)
		return err
	})
	return files, err
}

func saveData(dir string, split *data.Split) (DataFiles, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return DataFiles{}, fmt.Errorf("the split data cannot be written: %w", err)
	}
	users, err := saveRows(filepath.Join(dir, usersFile), userRows(split))
	if err != nil {
		return DataFiles{}, err
	}
	items, err := saveRows(filepath.Join(dir, itemsFile), itemRows(split))
	if err != nil {
		return DataFiles{}, err
	}
	files := DataFiles{Users: users, Items: items}
	if split.FoldIn != nil {
		f, err := saveRows(filepath.Join(dir, foldInFile), foldInRows(split))
		if err != nil {
			return DataFiles{}, err
		}
		files.FoldIn = &f
	}
	files.Attributes, err = saveAttributes(dir, split)
	return files, err
}

// saveRows writes a file of rows unless it is there.
func saveRows[T any](path string, rows []T) (File, error) {
	raw, err := encodeRows(rows)
	if err != nil {
		return File{}, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	there, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fileOf(filepath.Base(path), raw), disk.Replace(path, raw)
	case err != nil:
		return File{}, fmt.Errorf("the split data cannot be read: %w", err)
	}
	if bytes.Equal(there, raw) {
		return fileOf(filepath.Base(path), there), nil
	}
	if err := sameRows[T](there, raw); err != nil {
		return File{}, damagedData(path, err)
	}
	return fileOf(filepath.Base(path), there), nil
}

// sameRows compares rows and not bytes: another version of the library may have
// written the same rows in another way.
func sameRows[T any](there, ours []byte) error {
	old, err := decodeRows[T](there)
	if err != nil {
		return err
	}
	rows, err := decodeRows[T](ours)
	if err == nil && !reflect.DeepEqual(old, rows) {
		err = errors.New("it does not hold the data of its fingerprint")
	}
	return err
}

// SplitData reads the split data that a record was measured on. ErrNotFound when
// the record refers to none, as those of schema 1.
func (s *Store) SplitData(rec *Record) (*SplitData, error) {
	files := rec.Data.Files
	if files == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no stored data: run the experiment again", rec.Key)
	}
	users, err := loadRows[userRow](s.dataFolder(rec.Data.Fingerprint), files.Users)
	if err != nil {
		return nil, err
	}
	items, err := loadRows[itemRow](s.dataFolder(rec.Data.Fingerprint), files.Items)
	if err != nil {
		return nil, err
	}
	p, err := splitData(users, items)
	if err == nil && (len(users) != rec.Data.Users || len(items) != rec.Data.Items) {
		err = fmt.Errorf("it has %d users and %d items, the record %d and %d", len(users), len(items), rec.Data.Users, rec.Data.Items)
	}
	if err != nil {
		return nil, damagedData(filepath.Join(s.dataFolder(rec.Data.Fingerprint), files.Users.Name), err)
	}
	return p, s.addFoldIn(p, rec)
}

// addFoldIn reads the histories of users who are held out whole, where there are such.
func (s *Store) addFoldIn(p *SplitData, rec *Record) error {
	f := rec.Data.Files.FoldIn
	if f == nil {
		return nil
	}
	rows, err := loadRows[foldInRow](s.dataFolder(rec.Data.Fingerprint), *f)
	if err != nil {
		return err
	}
	if err := p.addFoldIn(rows); err != nil {
		return damagedData(filepath.Join(s.dataFolder(rec.Data.Fingerprint), f.Name), err)
	}
	return nil
}

func loadRows[T any](dir string, f File) ([]T, error) {
	path := filepath.Join(dir, f.Name)
	raw, err := readFile(path, f)
	var rows []T
	if err == nil {
		rows, err = decodeRows[T](raw)
	}
	if err != nil {
		return nil, damagedData(path, err)
	}
	return rows, nil
}

func damagedData(path string, why error) error {
	return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; to write it anew: rm -r %s, and run the experiment again", path, why, filepath.Dir(path))
}

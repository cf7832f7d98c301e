package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
)

// Model is the trained model of a trial, as files of the folder model/ beside
// record.json.
type Model struct {
	Files []File `json:"files"` // none: the method has nothing that can be kept
}

// Vectors is a file of vectors that other trials take: a .npy matrix of float32
// with one row per user or item.
type Vectors struct {
	Entity contract.Entity `json:"entity"`
	File
}

// ModelDir makes and empties the folder for a trial's kept model; its path is
// absolute, as plugins may run elsewhere.
func (s *Store) ModelDir(key string) (string, error) {
	dir, err := filepath.Abs(s.modelDir(key))
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("the model cannot be kept: %w", err)
	}
	return dir, nil
}

func (s *Store) modelDir(key string) string { return filepath.Join(s.Folder(key), "model") }

// KeptModel lists the files that were written into ModelDir.
func (s *Store) KeptModel(key string) (*Model, error) {
	entries, err := os.ReadDir(s.modelDir(key))
	m := &Model{Files: []File{}}
	for _, e := range entries {
		f := File{Name: e.Name()}
		if f.SHA256, _, err = disk.Sum(filepath.Join(s.modelDir(key), f.Name)); err != nil {
			break
		}
		m.Files = append(m.Files, f)
	}
	if err != nil {
		return nil, fmt.Errorf("the model cannot be kept: %w", err)
	}
	return m, nil
}

// Model is the absolute path of the folder of a trial's kept model, each file held
// against its checksum. ErrNotFound says how to keep one.
func (s *Store) Model(rec *Record) (string, error) {
	switch {
	case rec.Model == nil:
		return "", contract.Errorf(contract.ErrNotFound, "trial %s (%s on %s, seed %d) has no kept model: run its experiment again with --keep models", rec.Key, rec.Method, rec.Dataset, rec.Seed)
	case len(rec.Model.Files) == 0:
		return "", contract.Errorf(contract.ErrUnsupported, "%s has no model that can be kept: its plugin lacks the capability %q", rec.Method, contract.CapabilityState)
	}
	for _, want := range rec.Model.Files {
		path := filepath.Join(s.modelDir(rec.Key), want.Name)
		sha, _, err := disk.Sum(path)
		if err == nil && sha != want.SHA256 {
			err = errors.New("its checksum is not the one in record.json")
		}
		if err != nil {
			return "", s.damaged(path, rec.Key, err)
		}
	}
	return filepath.Abs(s.modelDir(rec.Key))
}

// SaveVectors writes vectors of users or items beside the record that is to list them.
func (s *Store) SaveVectors(key string, entity contract.Entity, m *Matrix) (Vectors, error) {
	raw := m.encode()
	v := Vectors{entity, fileOf("vectors-"+string(entity)+".npy", raw)}
	if err := os.MkdirAll(s.Folder(key), 0o755); err != nil {
		return v, fmt.Errorf("the vectors cannot be written: %w", err)
	}
	return v, disk.Replace(filepath.Join(s.Folder(key), v.Name), raw)
}

// Vectors reads the vectors of users or items that a trial exported; ErrNotFound
// when it exported none.
func (s *Store) Vectors(rec *Record, entity contract.Entity) (*Matrix, error) {
	for _, v := range rec.Vectors {
		if v.Entity != entity {
			continue
		}
		path := filepath.Join(s.Folder(rec.Key), v.Name)
		raw, err := readFile(path, v.File)
		var m *Matrix
		if err == nil {
			m, err = decodeMatrix(raw)
		}
		if err != nil {
			return nil, s.damaged(path, rec.Key, err)
		}
		return m, nil
	}
	return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no stored %s vectors: run the experiment again", rec.Key, entity)
}

// checkFiles reports a file of model or vectors that lies outside of its folder.
func (r *Record) checkFiles() error {
	if r.Model != nil {
		for _, f := range r.Model.Files {
			if !isName(f.Name) {
				return fmt.Errorf("model: the file %q lies outside of the folder or has no name", f.Name)
			}
		}
	}
	for _, v := range r.Vectors {
		if !isName(v.Name) {
			return fmt.Errorf("vectors: the file %q lies outside of the folder or has no name", v.Name)
		}
	}
	return nil
}

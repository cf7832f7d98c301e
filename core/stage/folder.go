package stage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/schema"
)

// Form is the version of manifests. A program reads its own form alone.
const Form = 1

// ManifestFile is the file of a Folder that names all others.
const ManifestFile = "manifest.json"

// Manifest is what a Folder holds.
type Manifest struct {
	Form int `json:"form"`
	// Key is the sha256 of all that decides what was made.
	Key     string          `json:"key"`
	About   *About          `json:"about,omitempty"` // of a result in a Store
	Written time.Time       `json:"written"`
	Files   []File          `json:"files"`
	State   json.RawMessage `json:"state"`  // its maker's
	SHA256  string          `json:"sha256"` // of all of this, as JSON in which this is ""
}

// File is a file of a Folder.
type File struct {
	Name   string `json:"name"` // without a folder
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Folder is the place of one state under a key. One process writes it at a time.
type Folder struct {
	Dir   string // absolute, where a plugin is to write into it
	Key   string
	About *About // for its manifest; may be nil
}

// formError is the error for a manifest of another form: a contract.ErrBadData.
type formError struct {
	path string
	form int
}

func (e *formError) Error() string {
	return fmt.Sprintf("%s has form %d; this program reads form %d: another version of it wrote that", e.path, e.form, Form)
}

func (e *formError) Unwrap() error { return contract.ErrBadData }

// Path is the place of a file of the folder.
func (f Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// Commit makes a state, with the files that were written for it, the one that Read
// gives, in one rename, and removes all other files. Files that the manifest had
// before are not digested again.
func (f Folder) Commit(state any, files ...string) error {
	if err := f.commit(state, files); err != nil {
		return fmt.Errorf("the checkpoint in %s cannot be written: %w", f.Dir, err)
	}
	return nil
}

func (f Folder) commit(state any, files []string) error {
	m := Manifest{Form: Form, Key: f.Key, About: f.About, Written: time.Now().UTC(), Files: []File{}}
	var err error
	if m.State, err = json.Marshal(state); err != nil {
		return err
	}
	known := f.known()
	for _, name := range slices.Compact(slices.Sorted(slices.Values(files))) {
		file, ok := known[name]
		if !ok {
			file.Name = name
			if file.SHA256, file.Size, err = disk.Sum(f.Path(name)); err != nil {
				return err
			}
		}
		m.Files = append(m.Files, file)
	}
	if m.SHA256, err = m.sum(); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := disk.Replace(f.Path(ManifestFile), append(raw, '\n')); err != nil {
		return err
	}
	return f.sweep(files)
}

// Clear removes all that is in the folder.
func (f Folder) Clear() error {
	return errors.Join(os.RemoveAll(f.Path(ManifestFile)), f.sweep(nil))
}

// known are the files of the manifest that is there.
func (f Folder) known() map[string]File {
	known := map[string]File{}
	if m, err := f.Manifest(); err == nil {
		for _, file := range m.Files {
			known[file.Name] = file
		}
	}
	return known
}

// Sweep removes the files that neither the manifest nor the caller names.
func (f Folder) Sweep(keep ...string) error {
	return f.sweep(append(slices.Collect(maps.Keys(f.known())), keep...))
}

// sweep removes all but the manifest and the files to keep.
func (f Folder) sweep(keep []string) error {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	all := []error{err}
	for _, e := range entries {
		if e.Name() != ManifestFile && !slices.Contains(keep, e.Name()) {
			all = append(all, os.RemoveAll(f.Path(e.Name())))
		}
	}
	return errors.Join(all...)
}

// Read fills in the state that was committed last, after every file was held
// against its checksum. ErrNotFound when there is none; ErrBadData, which says why,
// for one that is damaged, of another form or of another key.
func (f Folder) Read(state any) error {
	m, err := f.Manifest()
	if err != nil {
		return err
	}
	if m.Key != f.Key {
		return contract.Errorf(contract.ErrBadData, "%s is of the key %.12s, not of %.12s", f.Dir, m.Key, f.Key)
	}
	if err := f.verify(m); err != nil {
		return err
	}
	return f.decode(m, state)
}

// State fills in the state of a result that Do verified.
func (f Folder) State(state any) error {
	m, err := f.Manifest()
	if err != nil {
		return err
	}
	return f.decode(m, state)
}

func (f Folder) decode(m *Manifest, state any) error {
	if err := schema.Unmarshal(m.State, state); err != nil {
		return contract.Errorf(contract.ErrBadData, "the state in %s cannot be read: %v", f.Path(ManifestFile), err)
	}
	return nil
}

// Resume reads the state and lets load take up its files. It reports whether there
// was one. One that cannot be used is said and removed.
func (f Folder) Resume(state any, load func() error, note func(string)) (found bool, err error) {
	if err = f.Read(state); err == nil {
		err = load()
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, contract.ErrNotFound):
		return false, nil
	case errors.Is(err, contract.ErrBadData):
		if note != nil {
			note(fmt.Sprintf("the checkpoint cannot be used, the training starts over: %v", err))
		}
		return false, f.Clear()
	}
	return false, err
}

// Manifest reads what the folder says that it holds. Errors are those of Read.
func (f Folder) Manifest() (*Manifest, error) {
	path := f.Path(ManifestFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s does not exist", path)
	}
	if err != nil {
		return nil, err
	}
	var form struct {
		Form int `json:"form"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v", path, err)
	}
	if form.Form != Form {
		return nil, &formError{path, form.Form}
	}
	m := &Manifest{}
	if err := schema.Unmarshal(raw, m); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v", path, err)
	}
	return m, m.check(path)
}

// sum is the checksum of a manifest.
func (m Manifest) sum() (string, error) {
	m.SHA256 = ""
	raw, err := json.Marshal(m)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}

// check refuses a manifest that was changed and names that lead out of the folder.
func (m *Manifest) check(path string) error {
	if sum, err := m.sum(); err != nil || sum != m.SHA256 {
		return contract.Errorf(contract.ErrBadData, "%s is damaged: it has another checksum than when it was written", path)
	}
	for _, file := range m.Files {
		if !fs.ValidPath(file.Name) || filepath.Base(file.Name) != file.Name {
			return contract.Errorf(contract.ErrBadData, "%s is damaged: the file %q lies outside of the folder", path, file.Name)
		}
	}
	return nil
}

// Size is the number of bytes of the files.
func (m *Manifest) Size() (bytes int64) {
	for _, file := range m.Files {
		bytes += file.Size
	}
	return bytes
}

// verify holds every file against its size and checksum.
func (f Folder) verify(m *Manifest) error {
	for _, want := range m.Files {
		sha, size, err := disk.Sum(f.Path(want.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return contract.Errorf(contract.ErrBadData, "%s does not exist", f.Path(want.Name))
		case err != nil:
			return err
		case size != want.Size:
			return contract.Errorf(contract.ErrBadData, "%s has %d bytes, expected %d", f.Path(want.Name), size, want.Size)
		case sha != want.SHA256:
			return contract.Errorf(contract.ErrBadData, "%s has another checksum than when it was written", f.Path(want.Name))
		}
	}
	return nil
}

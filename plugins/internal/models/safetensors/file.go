// Package safetensors reads and writes tensors in the safetensors format, the
// one in which Hugging Face folders keep their weights: a JSON header with every
// tensor's type, shape and place, then the raw little-endian data.
//
// Files are mapped into memory, so opening one costs nothing per byte. Every
// claim of the header is checked before a tensor is handed out. A file must not
// be cut short by another process while it is open.
package safetensors

import (
	"errors"
	"maps"
	"slices"

	"github.com/agnivade/levenshtein"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/mapped"
)

// File is one open safetensors file.
type File struct {
	path   string
	mapped []byte
	header header
}

// Open maps a file and checks its header. Errors: ErrNotFound, ErrBadData,
// ErrUnsupported (a dtype), each naming the file.
func Open(path string) (*File, error) {
	data, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	h, err := parse(path, data)
	f := &File{path: path, mapped: data, header: h}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close unmaps the file; the Bytes of its views must not be touched any more.
func (f *File) Close() error {
	err := mapped.Close(f.mapped)
	f.mapped = nil
	return err
}

// Path is the file's name as it was opened.
func (f *File) Path() string { return f.path }

// Paths is Path, as the only one of a list.
func (f *File) Paths() []string { return []string{f.path} }

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.header.entries)) }

// Metadata is a copy of the file's free text entries; never nil.
func (f *File) Metadata() map[string]string {
	out := map[string]string{}
	maps.Copy(out, f.header.metadata)
	return out
}

// Tensor is one tensor of the file. An unknown name is ErrNotFound with the
// nearest known one.
func (f *File) Tensor(name string) (View, error) {
	e, ok := f.header.entries[name]
	if !ok {
		return View{}, Missing(f.path, name, f.Names())
	}
	if f.mapped == nil {
		return View{}, contract.Errorf(contract.ErrOrder, "%s: closed before tensor %q was read", f.path, name)
	}
	data := f.mapped[f.header.data:]
	return View{File: f.path, Name: name, DType: e.DType, Shape: slices.Clone(e.Shape), Bytes: data[e.Offsets[0]:e.Offsets[1]:e.Offsets[1]]}, nil
}

// Info is a tensor without its Bytes; errors as Tensor's.
func (f *File) Info(name string) (View, error) {
	v, err := f.Tensor(name)
	v.Bytes = nil
	return v, err
}

// Missing is the error (ErrNotFound) for a tensor that a file or folder of
// weights does not hold; it names the nearest of the known ones.
func Missing(path, name string, known []string) error {
	if len(known) == 0 {
		return contract.Errorf(contract.ErrNotFound, "%s: no tensor %q: the file holds none", path, name)
	}
	nearest := slices.MinFunc(known, func(a, b string) int {
		return levenshtein.ComputeDistance(a, name) - levenshtein.ComputeDistance(b, name)
	})
	return contract.Errorf(contract.ErrNotFound, "%s: no tensor %q; the nearest is %q", path, name, nearest)
}

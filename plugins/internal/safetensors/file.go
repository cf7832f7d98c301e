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
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/agnivade/levenshtein"
	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
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
	mapped, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	h, err := parse(path, mapped)
	f := &File{path: path, mapped: mapped, header: h}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func mapFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such file", path)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%v", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > math.MaxInt {
		return nil, damaged(path, "not a regular file")
	}
	if info.Size() == 0 {
		return nil, damaged(path, "empty file")
	}
	mapped, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, damaged(path, "cannot map into memory: %v", err)
	}
	return mapped, nil
}

// Close unmaps the file; the Bytes of its views must not be touched any more.
func (f *File) Close() error {
	if f.mapped == nil {
		return nil
	}
	err := unix.Munmap(f.mapped)
	f.mapped = nil
	return err
}

// Path is the file's name as it was opened.
func (f *File) Path() string { return f.path }

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
		return View{}, missing(f.path, name, f.Names())
	}
	if f.mapped == nil {
		return View{}, contract.Errorf(contract.ErrOrder, "%s: closed before tensor %q was read", f.path, name)
	}
	data := f.mapped[f.header.data:]
	return View{File: f.path, Name: name, DType: e.DType, Shape: slices.Clone(e.Shape), Bytes: data[e.Offsets[0]:e.Offsets[1]:e.Offsets[1]]}, nil
}

func missing(path, name string, known []string) error {
	if len(known) == 0 {
		return contract.Errorf(contract.ErrNotFound, "%s: no tensor %q: the file holds none", path, name)
	}
	nearest := slices.MinFunc(known, func(a, b string) int {
		return levenshtein.ComputeDistance(a, name) - levenshtein.ComputeDistance(b, name)
	})
	return contract.Errorf(contract.ErrNotFound, "%s: no tensor %q; the nearest is %q", path, name, nearest)
}

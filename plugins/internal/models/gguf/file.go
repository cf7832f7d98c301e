// Package gguf reads GGUF files (versions 2 and 3, little-endian; specification:
// docs/gguf.md of ggml) of LLaMA and Qwen2 models, and shows them as a Hugging
// Face folder does: tensors under the names of transformers with the rows of
// queries and keys in its order, the configuration as config.json, the tokenizer
// as plain lists.
//
// Files are mapped into memory. F32, F16 and BF16 tensors are handed out where
// they lie; quantised ones are expanded to float32 each time they are asked for.
package gguf

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/mapped"
	"cllm4rec/plugins/internal/models/safetensors"
)

// File is one open GGUF file.
type File struct {
	path   string
	mapped []byte
	model  model
}

// Open maps a file and checks its head. Errors: ErrNotFound, ErrBadData (damage),
// ErrUnsupported (a version, an architecture, a type of tensor), naming the file.
func Open(path string) (*File, error) {
	data, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, mapped: data}
	if f.model, err = read(data); err != nil {
		return nil, errors.Join(inFile(path, err), f.Close())
	}
	return f, nil
}

// inFile puts the file's name before an error and keeps what kind it is.
func inFile(path string, err error) error {
	sentinel := contract.ErrBadData
	if errors.Is(err, contract.ErrUnsupported) {
		sentinel = contract.ErrUnsupported
	}
	return contract.Errorf(sentinel, "%s: %v", path, err)
}

// read is everything that Open checks.
func read(data []byte) (model, error) {
	c, err := parse(data)
	if err != nil {
		return model{}, err
	}
	return newModel(c)
}

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.model.tensors)) }

// Info is a tensor without its Bytes, for nothing is expanded; errors as Tensor's.
func (f *File) Info(name string) (safetensors.View, error) {
	t, err := f.find(name)
	if err != nil {
		return safetensors.View{}, err
	}
	return safetensors.View{File: f.path, Name: name, DType: t.format.dtype, Shape: slices.Clone(t.shape)}, nil
}

// Tensor is one tensor of the file. An unknown name is ErrNotFound with the
// nearest known one.
func (f *File) Tensor(name string) (safetensors.View, error) {
	v, err := f.Info(name)
	if err != nil {
		return v, err
	}
	v.Bytes = f.model.tensors[name].bytes()
	return v, nil
}

func (f *File) find(name string) (weight, error) {
	t, ok := f.model.tensors[name]
	if !ok {
		return t, safetensors.Missing(f.path, name, f.Names())
	}
	if f.mapped == nil {
		return t, contract.Errorf(contract.ErrOrder, "%s: closed before tensor %q was read", f.path, name)
	}
	return t, nil
}

// Paths is the file's name.
func (f *File) Paths() []string { return []string{f.path} }

// Close unmaps the file; the Bytes of its views must not be touched any more.
func (f *File) Close() error {
	err := mapped.Close(f.mapped)
	f.mapped = nil
	return err
}

// metadata reads keys by type and keeps the first error.
type metadata struct {
	values map[string]value
	err    error
}

func (m *metadata) fail(key, want string) {
	if m.err != nil {
		return
	}
	v, ok := m.values[key]
	if !ok {
		m.err = damaged("metadata %q is missing, expected %s", key, want)
		return
	}
	m.err = damaged("metadata %q is of type %s, expected %s", key, v.kind, want)
}

func (m *metadata) has(key string) bool {
	_, ok := m.values[key]
	return ok
}

// positive is a whole number from 1 to 2^31 - 1.
func (m *metadata) positive(key string) int {
	n, ok := m.values[key].integer()
	if !m.has(key) || !ok || n < 1 || n > 1<<31-1 {
		m.fail(key, "a whole number > 0")
		return 1
	}
	return int(n)
}

func (m *metadata) positiveOr(key string, standard int) int {
	if !m.has(key) {
		return standard
	}
	return m.positive(key)
}

// text is a text, "" where the key is absent.
func (m *metadata) text(key string) string {
	s, ok := m.values[key].text()
	if m.has(key) && !ok {
		m.fail(key, "a text")
	}
	return s
}

// number is a float as JSON, as short as its own width allows: 1e-05, not
// 9.999999747378752e-06.
func (m *metadata) number(key string) string {
	x, bits, ok := m.values[key].float()
	if !m.has(key) || !ok || x-x != 0 {
		m.fail(key, "a finite FLOAT32")
		return "0"
	}
	if bits == 32 {
		return fmt.Sprint(float32(x))
	}
	return fmt.Sprint(x)
}

// Package torchbin reads the state dictionaries that torch.save writes, in both
// of its formats (torch/serialization.py of PyTorch 2.8): the zip archive of
// torch >= 1.6 and the older sequence of pickles followed by the storages. The
// pickle inside is interpreted by a machine that knows the handful of functions
// which rebuild a tensor and executes nothing; anything else is refused by name.
//
// Files are mapped into memory. A contiguous tensor is handed out where it lies;
// one with other strides is copied into row-major order each time it is asked for.
package torchbin

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/mapped"
	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/models/safetensors"
)

// File is one open file of weights.
type File struct {
	path    string
	mapped  []byte
	tensors map[string]*tensor
}

// Open maps a file and reads its state dictionary: the pickled object itself, or
// what it holds under "state_dict". Errors: ErrNotFound, ErrBadData (damage),
// ErrUnsupported (a function, type or layout that is not followed, by name).
func Open(path string) (*File, error) {
	data, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, mapped: data}
	if f.tensors, err = parse(data); err != nil {
		return nil, errors.Join(inFile(path, err), f.Close())
	}
	return f, nil
}

// inFile puts the file's name before an error and keeps what kind it is.
func inFile(path string, err error) error {
	if errors.Is(err, contract.ErrUnsupported) {
		return contract.Errorf(contract.ErrUnsupported, "%s: %v", path, err)
	}
	return contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
}

func unsupported(format string, args ...any) error {
	return contract.Errorf(contract.ErrUnsupported, format, args...)
}

// parse reads a whole file of either format.
func parse(data []byte) (map[string]*tensor, error) {
	read := readLegacy
	if bytes.HasPrefix(data, []byte(localHeader)) {
		read = readArchive
	}
	object, err := read(data)
	if err != nil {
		return nil, err
	}
	return stateDict(object)
}

// stateDict takes the named tensors from what was pickled.
func stateDict(object any) (map[string]*tensor, error) {
	dict, ok := object.(*pickle.Dict)
	if !ok {
		return nil, unsupported("holds %s, expected a dictionary of tensors", kind(object))
	}
	if inner, ok := dict.Get("state_dict"); ok {
		if dict, ok = inner.(*pickle.Dict); !ok {
			return nil, unsupported(`"state_dict" is %s, expected a dictionary of tensors`, kind(inner))
		}
	}
	tensors := map[string]*tensor{}
	for i, key := range dict.Keys {
		name, ok := key.(string)
		t, also := dict.Values[i].(*tensor)
		if !ok || !also {
			return nil, unsupported("the entry %#v is %s, expected a tensor under a name; the keys are %s", key, kind(dict.Values[i]), keys(dict))
		}
		tensors[name] = t
	}
	return tensors, nil
}

// kind says what a value is, for messages.
func kind(value any) string {
	switch value.(type) {
	case nil:
		return "None"
	case *pickle.Dict:
		return "a dictionary"
	case *tensor:
		return "a tensor"
	}
	return fmt.Sprintf("a %T", value)
}

// keys lists the first keys of a dictionary.
func keys(d *pickle.Dict) string {
	const most = 8
	if len(d.Keys) <= most {
		return fmt.Sprintf("%v", d.Keys)
	}
	return fmt.Sprintf("%v and %d more", d.Keys[:most], len(d.Keys)-most)
}

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Info is a tensor without its Bytes; errors as Tensor's.
func (f *File) Info(name string) (safetensors.View, error) {
	t, ok := f.tensors[name]
	if !ok {
		return safetensors.View{}, safetensors.Missing(f.path, name, f.Names())
	}
	if f.mapped == nil {
		return safetensors.View{}, contract.Errorf(contract.ErrOrder, "%s: closed before tensor %q was read", f.path, name)
	}
	return safetensors.View{File: f.path, Name: name, DType: t.storage.dtype, Shape: slices.Clone(t.shape)}, nil
}

// Tensor is one tensor of the file. An unknown name is ErrNotFound with the
// nearest known one.
func (f *File) Tensor(name string) (safetensors.View, error) {
	v, err := f.Info(name)
	if err != nil {
		return v, err
	}
	v.Bytes = f.tensors[name].bytes()
	return v, nil
}

// Paths is the file's name.
func (f *File) Paths() []string { return []string{f.path} }

// Close unmaps the file; the Bytes of its views must not be touched any more.
func (f *File) Close() error {
	err := mapped.Close(f.mapped)
	f.mapped = nil
	return err
}

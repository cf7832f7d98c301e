package hf

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/gguf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/weights"
)

// Folder is a model's configuration and its weights, not yet held against each other.
type Folder struct {
	Config *Fields
	path   string
	own    []string // files beside those of the weights
	source weights.Source
}

// OpenFolder opens config.json and the weights of a folder, or a GGUF file, which
// holds both. Close it after use: views of the weights are valid until then.
func OpenFolder(path string) (*Folder, error) {
	switch entry, err := os.Stat(path); {
	case err != nil:
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such folder", path)
	case !entry.IsDir():
		return openFile(path)
	}
	name := filepath.Join(path, ConfigName)
	config, err := ReadFields(name)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, contract.Errorf(contract.ErrNotFound, "%v%s", err, elsewhere(path))
	}
	if err != nil {
		return nil, err
	}
	source, err := weights.Open(path)
	if err != nil {
		return nil, err
	}
	return &Folder{Config: config, path: path, own: []string{name}, source: source}, nil
}

func openFile(path string) (*Folder, error) {
	source, err := weights.Open(path)
	if err != nil {
		return nil, err
	}
	file, ok := source.(*gguf.File) // the one format that comes as a file
	if !ok {
		return nil, errors.Join(contract.Errorf(contract.ErrUnsupported, "%s holds no configuration", path), source.Close())
	}
	config, err := file.Config()
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	return &Folder{Config: NewFields(path, config), path: path, source: source}, nil
}

// Paths lists the files that were read.
func (f *Folder) Paths() []string { return append(f.own, f.source.Paths()...) }

// Close unmaps the files.
func (f *Folder) Close() error { return f.source.Close() }

// Weights are a folder's weights by the names of a layout.
type Weights struct {
	source weights.Source
	prefix string
	layout Layout
}

// Fits refuses a model of more layers than the weights have tensors (ErrBadData),
// before anything is built whose size depends on a number that a configuration of
// a few bytes may name.
func (f *Folder) Fits(layers int) error {
	if tensors := len(f.source.Names()); layers > tensors {
		return contract.Errorf(contract.ErrBadData, "%s asks for %d layers, but the weights in %s are %d tensors: they do not belong together", f.Config.Path(), layers, f.path, tensors)
	}
	return nil
}

// Weights holds every tensor of the folder against a layout: one that is missing,
// of another shape, not of floats, or unknown is an error (ErrBadData) with its name.
func (f *Folder) Weights(l Layout) (*Weights, error) {
	w := &Weights{source: f.source, layout: l, prefix: f.prefix(l)}
	known := map[string]bool{}
	for _, want := range l.Specs {
		known[w.name(want)] = true
		view, err := w.source.Info(w.name(want))
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%v (%s asks for it)", err, f.Config.Path())
		}
		if err := suits(view, want.Shape); err != nil {
			return nil, err
		}
	}
	if err := w.checkSame(known); err != nil {
		return nil, err
	}
	for _, name := range f.source.Names() {
		if !known[name] && (l.Ignored == nil || !l.Ignored.MatchString(strings.TrimPrefix(name, w.prefix))) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q belongs to no part of the model that %s describes", f.path, name, f.Config.Path())
		}
	}
	return w, nil
}

// prefix is the layout's where any tensor of the folder has it.
func (f *Folder) prefix(l Layout) string {
	if l.Prefix != "" && slices.ContainsFunc(f.source.Names(), func(name string) bool { return strings.HasPrefix(name, l.Prefix) }) {
		return l.Prefix
	}
	return ""
}

func (w *Weights) name(s Spec) string {
	if s.Head {
		return s.Name
	}
	return w.prefix + s.Name
}

func suits(view safetensors.View, shape []int) error {
	switch view.DType {
	case safetensors.F64, safetensors.F32, safetensors.F16, safetensors.BF16:
		return view.Expect(shape...)
	}
	return contract.Errorf(contract.ErrBadData, "%s: tensor %q has dtype %s, expected floats", view.File, view.Name, view.DType)
}

// checkSame compares the weights that a folder holds twice.
func (w *Weights) checkSame(known map[string]bool) error {
	for again, of := range w.layout.Same {
		for _, name := range []string{again, w.prefix + again} {
			copied, err := w.source.Tensor(name)
			if errors.Is(err, contract.ErrNotFound) {
				continue
			}
			known[name] = true
			original, second := w.source.Tensor(w.prefix + of)
			if err := errors.Join(err, second); err != nil {
				return err
			}
			if copied.DType != original.DType || string(copied.Bytes) != string(original.Bytes) {
				return contract.Errorf(contract.ErrUnsupported, "%s: tensor %q differs from %q; the configuration says that they are one", copied.File, copied.Name, original.Name)
			}
		}
	}
	return nil
}

// Tensor is a weight of the layout.
func (w *Weights) Tensor(s Spec) (safetensors.View, error) { return w.source.Tensor(w.name(s)) }

// Package weights opens the weights of a model, whatever format they are in:
// safetensors (one file or shards), pytorch_model.bin (one file or shards) or
// GGUF. Files are mapped into memory; a tensor's bytes are those of the map
// wherever the format allows it.
package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/gguf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/torchbin"
)

// The names that Hugging Face folders use, in the order in which Open looks for
// them: the first that is there is read and the others are left alone.
const (
	SafeTensors      = "model.safetensors"
	SafeTensorsIndex = "model.safetensors.index.json"
	Pickle           = "pytorch_model.bin"
	PickleIndex      = "pytorch_model.bin.index.json"
)

// extensionGGUF ends the name of a GGUF file.
const extensionGGUF = ".gguf"

// Source is an open set of weights. It may be read from several goroutines.
type Source interface {
	// Names lists the tensors in alphabetical order.
	Names() []string
	// Tensor is one tensor by name. An unknown name is ErrNotFound with the
	// nearest known one.
	Tensor(name string) (safetensors.View, error)
	// Info is a tensor without its Bytes, which may have to be computed; errors as Tensor's.
	Info(name string) (safetensors.View, error)
	// Paths lists the files that were read.
	Paths() []string
	// Close unmaps the files; views must not be touched any more.
	Close() error
}

// Open opens a model's folder or a .gguf file. In a folder safetensors win over
// pickles, and one file over shards (the order of the constants above).
// ErrNotFound names what was looked for; damage is ErrBadData with the file.
func Open(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such folder or file of weights", path)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	return openFile(path)
}

func openFile(path string) (Source, error) {
	if strings.HasSuffix(strings.ToLower(path), extensionGGUF) {
		return source(gguf.Open(path))
	}
	return nil, contract.Errorf(contract.ErrUnsupported, "%s: expected a folder or a file *%s", path, extensionGGUF)
}

func openFolder(dir string) (Source, error) {
	for _, c := range []struct {
		name string
		open func(string) (Source, error)
	}{
		{SafeTensors, openSafeTensors}, {SafeTensorsIndex, sharded(openSafeTensors)},
		{Pickle, openPickle}, {PickleIndex, sharded(openPickle)},
	} {
		path := filepath.Join(dir, c.name)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			return c.open(path)
		}
	}
	return nil, contract.Errorf(contract.ErrNotFound, "%s: no weights: none of %s, %s, %s, %s is there", dir,
		SafeTensors, SafeTensorsIndex, Pickle, PickleIndex)
}

func openSafeTensors(path string) (Source, error) { return source(safetensors.Open(path)) }

func openPickle(path string) (Source, error) { return source(torchbin.Open(path)) }

// source keeps a nil pointer from becoming a Source that is not nil.
func source[S Source](s S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

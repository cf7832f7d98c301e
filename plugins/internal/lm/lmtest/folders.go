package lmtest

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/weights"
)

// Keys are those of a config.json.
type Keys = map[string]any

// ReadConfig has an architecture read the configuration of a folder of its
// testdata with keys changed; nil deletes one. Messages call it config.json.
func ReadConfig(t testing.TB, a lm.Architecture, folder string, change Keys) (lm.Definition, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", folder, hf.ConfigName))
	values := Keys{}
	if err := errors.Join(err, json.Unmarshal(text, &values)); err != nil {
		t.Fatal(err)
	}
	maps.Copy(values, change)
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
	f, err := hf.FieldsOf(hf.ConfigName, values)
	if err != nil {
		t.Fatal(err)
	}
	return a.Read(f)
}

// Tensors are those of a folder by name.
type Tensors = map[string]safetensors.Tensor

// Zeros is a float32 tensor of zeros.
func Zeros(shape ...int) safetensors.Tensor {
	size := 1
	for _, n := range shape {
		size *= n
	}
	return safetensors.Float32Tensor("", shape, make([]float32, size))
}

// Changed copies the configuration and the changed weights of a folder of the
// testdata, and gives the new folder.
func Changed(t testing.TB, folder string, change func(Tensors)) string {
	t.Helper()
	f, err := weights.Open(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	tensors := Tensors{}
	for _, name := range f.Names() {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors[name] = safetensors.Tensor{DType: v.DType, Shape: v.Shape, Bytes: v.Bytes}
	}
	change(tensors)
	var all []safetensors.Tensor
	for name, x := range tensors {
		x.Name = name
		all = append(all, x)
	}
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", folder, hf.ConfigName))
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, hf.ConfigName), text, 0o600),
		safetensors.Write(filepath.Join(dir, weights.SafeTensors), all, nil)); err != nil {
		t.Fatal(err)
	}
	return dir
}

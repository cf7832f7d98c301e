package lmtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/weights"
)

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
	if err := errors.Join(os.WriteFile(filepath.Join(dir, hf.ConfigName), configText(t, folder), 0o600),
		safetensors.Write(filepath.Join(dir, weights.SafeTensors), all, nil)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TensorCase is a folder of the testdata with other tensors, and a word of the error
// that they are; "" where the folder loads.
type TensorCase = struct {
	Folder, Word string
	Change       func(Tensors)
}

// Accounts loads every folder: no tensor may be missing, misshapen or left over
// without a word.
func (s Suite) Accounts(t *testing.T, all []TensorCase) {
	t.Helper()
	for _, c := range all {
		_, err := s.Load(t, Changed(t, c.Folder, c.Change), nil)
		if c.Word == "" && err != nil || c.Word != "" && (!contract.IsBadInput(err) || !strings.Contains(err.Error(), c.Word)) {
			t.Errorf("%s: error %v, expected one about %q", c.Folder, err, c.Word)
		}
	}
}

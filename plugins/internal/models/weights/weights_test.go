package weights

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// place copies a file of another package's fixtures into a folder under a name.
func place(t *testing.T, dir, name, from string) string {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	pickle = "../torchbin/testdata/module.legacy.bin"
	whole  = "../safetensors/testdata/every.safetensors"
	model  = "../gguf/testdata/qwen2.gguf"
)

func TestEveryFormatOpens(t *testing.T) {
	one, both := t.TempDir(), t.TempDir()
	place(t, one, Pickle, pickle)
	place(t, both, Pickle, pickle)
	place(t, both, SafeTensors, whole)
	for path, want := range map[string]string{
		one: "a.weight", both: "matrix", model: "model.norm.weight", writeShards(t, goodIndex): "b", "../torchbin/testdata": "",
	} {
		s, err := Open(path)
		if want == "" {
			if !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), SafeTensors+", "+SafeTensorsIndex+", "+Pickle+", "+PickleIndex) {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Tensor(want)
		info, infoErr := s.Info(want)
		if err := errors.Join(err, infoErr); err != nil || v.Len() < 1 || !slices.Equal(v.Shape, info.Shape) || v.DType != info.DType || info.Bytes != nil {
			t.Errorf("%s: %v %v, %v", path, v.Shape, info, err)
		}
		if !slices.Contains(s.Names(), want) || len(s.Paths()) == 0 || !strings.HasPrefix(s.Paths()[0], path) {
			t.Errorf("%s: %q %q", path, s.Names(), s.Paths())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsThereIsNotPassedOver(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, Pickle, pickle)
	if err := os.WriteFile(filepath.Join(dir, SafeTensors), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), SafeTensors) {
		t.Errorf("%v", err)
	}
}

func TestOtherPathsAreRefusedByName(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{
		filepath.Join(dir, "absent"):               contract.ErrNotFound,
		filepath.Join(dir, "absent.gguf"):          contract.ErrNotFound,
		place(t, dir, "model.bin", pickle):         contract.ErrUnsupported,
		place(t, dir, "model.GGUF", pickle):        contract.ErrBadData,
		place(t, dir, "model.safetensors0", whole): contract.ErrUnsupported,
	} {
		if _, err := Open(path); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestShardsOfPickles(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "pytorch_model-00001-of-00002.bin", pickle)
	place(t, dir, "pytorch_model-00002-of-00002.bin", "../torchbin/testdata/python2.bin")
	first, err := openPickle(filepath.Join(dir, "pytorch_model-00001-of-00002.bin"))
	if err != nil {
		t.Fatal(err)
	}
	index := `{"metadata": {}, "weight_map": {"w": "pytorch_model-00002-of-00002.bin"`
	for _, name := range first.Names() {
		index += fmt.Sprintf(`, %q: "pytorch_model-00001-of-00002.bin"`, name)
	}
	if err := errors.Join(first.Close(), os.WriteFile(filepath.Join(dir, PickleIndex), []byte(index+"}}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if len(s.Names()) != len(first.Names())+1 || len(s.Paths()) != 3 {
		t.Errorf("%q %q", s.Names(), s.Paths())
	}
	if _, err := s.Info("x"); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), PickleIndex) {
		t.Errorf("%v", err)
	}
}

func TestEveryFlippedByteOfAnIndexIsAnErrorOrChangesNothing(t *testing.T) {
	dir := writeShards(t, goodIndex)
	for i := range goodIndex {
		for _, mask := range []byte{0xff, 1, 2, 4, 8, 16, 32, 64, 128} {
			damaged := []byte(goodIndex)
			damaged[i] ^= mask
			if err := os.WriteFile(filepath.Join(dir, SafeTensorsIndex), damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := Open(dir); err == nil {
				unchanged(t, s, fmt.Sprintf("byte %d ^ %#02x", i, mask))
			}
		}
	}
}

// unchanged closes a source after holding it against what writeShards wrote.
func unchanged(t *testing.T, s Source, damage string) {
	t.Helper()
	for name, want := range map[string]float32{"a": 1, "b": 2, "c": 3} {
		v, err := s.Tensor(name)
		got, floatErr := v.Float32s()
		if err := errors.Join(err, floatErr); err != nil || got[0] != want || len(s.Names()) != 3 {
			t.Errorf("%s: %s is %v, %v", damage, name, got, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

package weights

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// shards writes two shards and an index with the given weight map.
func writeShards(t *testing.T, index string) string {
	t.Helper()
	dir := t.TempDir()
	for name, tensors := range map[string][]safetensors.Tensor{
		"one.safetensors": {safetensors.Float32Tensor("a", []int{1}, []float32{1})},
		"two.safetensors": {safetensors.Float32Tensor("b", []int{1}, []float32{2}), safetensors.Float32Tensor("c", []int{1}, []float32{3})},
	} {
		if err := safetensors.Write(filepath.Join(dir, name), tensors, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, SafeTensorsIndex), []byte(index), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

const goodIndex = `{"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"}}`

func TestShardsReadAsOneFolder(t *testing.T) {
	f, err := Open(writeShards(t, goodIndex))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	v, err := f.Tensor("c")
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Float32s()
	if err != nil || got[0] != 3 || !slices.Equal(f.Names(), []string{"a", "b", "c"}) || len(f.Paths()) != 3 {
		t.Errorf("%v %v %v %v", got, err, f.Names(), f.Paths())
	}
	if _, err := f.Tensor("d"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestBadIndexesNameTheShardOrTensor(t *testing.T) {
	for index, want := range map[string]string{
		strings.Replace(goodIndex, `"c":"two`, `"c":"six`, 1):             `"six.safetensors" is missing`,
		strings.Replace(goodIndex, `,"c":"two.safetensors"`, ``, 1):       `holds tensor "c"`,
		strings.Replace(goodIndex, `"c"`, `"c":"two.safetensors","d"`, 1): `"d" is not in its shard`,
		strings.Replace(goodIndex, `"c":"two`, `"c":"../two`, 1):          `not a plain file name`,
		strings.Replace(goodIndex, `"b":"two`, `"b":"one`, 1):             `holds tensor "b"`,
		`{"weight_map":{}}`:                         `weight_map`,
		`{"weight_map":`:                            SafeTensorsIndex,
		`{"weight_map":null}`:                       "missing or empty",
		strings.Replace(goodIndex, `"a"`, `"b"`, 1): "stands twice",
	} {
		_, err := Open(writeShards(t, index))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", index, err)
		}
	}
}

func TestFolderWithoutWeights(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), SafeTensors) {
		t.Errorf("%v", err)
	}
}

func TestGPT2FixtureOpensAsFolder(t *testing.T) {
	f, err := Open("../../../backbones/gpt2/testdata/small-a")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	v, err := f.Tensor("transformer.wte.weight")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Expect(97, 32); err != nil {
		t.Error(err)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/safetensors"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

// withTokenizer makes a random model of 300 words with a vocabulary.
func withTokenizer(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model")
	pretrain(t, out, 1)
	return out
}

func params(t *testing.T, path string) json.RawMessage { return lmtest.Params(t, path, nil) }

func TestContract(t *testing.T) {
	contracttest.Backbone(t, func() contract.Backbone { return New() },
		contracttest.BackboneOptions{Params: params(t, withTokenizer(t))})
}

// load configures and loads a folder and gives the error.
func load(t *testing.T, path string) (*lm.Backbone, error) {
	t.Helper()
	p := New()
	if _, err := p.Configure(t.Context(), params(t, path)); err != nil {
		return p, err
	}
	_, err := p.Load(t.Context(), nil)
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	return p, err
}

func expect(t *testing.T, err, sentinel error, words ...string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error %v, expected %v", err, sentinel)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Fatalf("error %q does not mention %q", err, w)
		}
	}
}

func TestMissingFolderIsNamed(t *testing.T) {
	_, err := load(t, filepath.Join(t.TempDir(), "nowhere"))
	expect(t, err, contract.ErrNotFound, "nowhere")
}

func TestEmptyPathIsRefused(t *testing.T) {
	_, err := load(t, "")
	expect(t, err, contract.ErrInvalid, "weights")
}

func TestMistakesInTheFolderAreToldBeforeLoading(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := withTokenizer(t)
	if err := os.WriteFile(filepath.Join(other, "vocab.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, word := range map[string]string{file: "expected a folder", t.TempDir(): "config.json", other: "vocab.json"} {
		_, err := New().Configure(t.Context(), params(t, folder))
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v, expected one about %q", folder, err, word)
		}
	}
	_, err := New().Configure(t.Context(), json.RawMessage(`{"device":"cpu"}`))
	expect(t, err, contract.ErrInvalid, "weights: is missing")
}

// rewrite changes the tensors of a folder's weights.
func rewrite(t *testing.T, dir string, change func(safetensors.Tensor) (safetensors.Tensor, bool)) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		x := safetensors.Tensor{Name: name, DType: v.DType, Shape: v.Shape, Bytes: append([]byte(nil), v.Bytes...)}
		if x, keep := change(x); keep {
			tensors = append(tensors, x)
		}
	}
	if err := safetensors.Write(path, tensors, f.Metadata()); err != nil {
		t.Fatal(err)
	}
}

func TestMissingTensorIsNamed(t *testing.T) {
	dir := withTokenizer(t)
	rewrite(t, dir, func(x safetensors.Tensor) (safetensors.Tensor, bool) {
		return x, !strings.HasSuffix(x.Name, "h.1.mlp.c_fc.weight")
	})
	_, err := load(t, dir)
	expect(t, err, contract.ErrBadData, "h.1.mlp.c_fc.weight")
}

func TestTensorOfAnotherShapeIsNamed(t *testing.T) {
	dir := withTokenizer(t)
	rewrite(t, dir, func(x safetensors.Tensor) (safetensors.Tensor, bool) {
		if strings.HasSuffix(x.Name, "h.0.attn.c_proj.weight") {
			x.Shape = []int{16, 64} // of 32 x 32
		}
		return x, true
	})
	_, err := load(t, dir)
	expect(t, err, contract.ErrBadData, "h.0.attn.c_proj.weight", "16")
}

func TestTokenizerOfAnotherModelIsRefused(t *testing.T) {
	dir := withTokenizer(t)
	for _, name := range []string{"config.json", "model.safetensors"} { // 97 words
		data, err := os.ReadFile(filepath.Join("testdata", "small-a", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := load(t, dir)
	expect(t, err, contract.ErrBadData, "97")
}

func TestFolderWithoutTokenizerLoadsButCannotEncode(t *testing.T) {
	p, err := load(t, filepath.Join("testdata", "small-a"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Encode(t.Context(), []string{"word"})
	expect(t, err, contract.ErrNotFound)
}

// nan loads a model with a NaN in a weight.
func nan(t *testing.T) *lm.Backbone {
	t.Helper()
	dir := withTokenizer(t)
	rewrite(t, dir, func(x safetensors.Tensor) (safetensors.Tensor, bool) {
		if strings.HasSuffix(x.Name, "h.0.mlp.c_fc.bias") {
			copy(x.Bytes, []byte{0x00, 0x7e}) // float16
		}
		return x, true
	})
	p, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNaNWeightStopsTheStepAndLeavesTheTower(t *testing.T) {
	p := nan(t)
	if err := p.OpenTower(t.Context(), contract.TowerSpec{Name: "content", Users: 3, Items: 4, InitStd: 0.02, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	before := lmtest.Tower(t, p, "content")
	_, err := p.TrainTower(t.Context(), contract.TrainSpec{Tower: "content", Objective: contract.NextWord, Reduction: contract.TokenMean,
		PredictFirst: true, Batch: 2, Rate: 0.01}, lmtest.Stream(contract.Document{Prompt: []int32{300, 1}, Main: []int32{2, 3}}), nil)
	expect(t, err, contract.ErrNonFinite, "step 1", "content", "next_word")
	after := lmtest.Tower(t, p, "content")
	if !slices.Equal(after["user"], before["user"]) || !slices.Equal(after["item"], before["item"]) {
		t.Fatal("the tower changed")
	}
	_, err = p.Rank(t.Context(), "content", contract.RankSpec{}, []contract.RankPrompt{{Prompt: []int32{300}, K: 2}})
	expect(t, err, contract.ErrNonFinite, "prompt 0")
}

func TestDocumentsThatCannotBeReadAreNamed(t *testing.T) {
	p := suite.Loaded(t, "small-a", nil)
	if err := p.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: 3, Items: 4, InitStd: 0.02, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	good := contract.Document{Prompt: []int32{97, 5}, Main: []int32{100, 101}}
	cases := map[string]contract.Document{
		"104":        {Prompt: []int32{104}, Main: []int32{100}}, // beyond the last item
		"-1":         {Prompt: []int32{-1}, Main: []int32{100}},
		"next_item":  {Prompt: []int32{97}, Main: []int32{5}}, // a word
		"at most 64": {Prompt: make([]int32, 64), Main: []int32{100}},
		"no prompt":  {Main: []int32{100}},
		"empty":      {},
		"targets":    {Prompt: []int32{97}, Targets: []int32{1}},
	}
	for word, bad := range cases {
		_, err := p.TrainTower(t.Context(), contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.DocumentMean,
			PredictFirst: true, Batch: 2, Rate: 0.01}, lmtest.Stream(good, good, good, bad), nil)
		expect(t, err, contract.ErrInvalid, "document 3", word)
	}
}

func TestTowerOfAnotherModelIsRefused(t *testing.T) {
	a, b := suite.Loaded(t, "small-a", nil), suite.Loaded(t, "small-b", nil)
	path := filepath.Join(t.TempDir(), "tower.safetensors")
	err := errors.Join(a.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: 3, Items: 4, InitStd: 0.02}),
		a.SaveTower(t.Context(), "l", path))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, b.LoadTower(t.Context(), "l", path), contract.ErrBadData, "language model")
}

func TestUnsupportedDevicesAreNamed(t *testing.T) {
	p := New()
	_, err := p.Configure(t.Context(), json.RawMessage(`{"weights":"x","dtype":"int8"}`))
	expect(t, err, contract.ErrInvalid, "dtype")
	if _, err = p.Configure(t.Context(), json.RawMessage(`{"weights":"testdata/small-a","device":"cuda:7"}`)); err != nil {
		t.Fatal(err)
	}
	_, err = p.Load(t.Context(), nil)
	expect(t, err, contract.ErrUnsupported, "cuda:7")
}

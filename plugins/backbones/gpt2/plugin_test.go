package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/models/safetensors"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) { suite.Contract(t) }

func TestMissingFolderIsNamed(t *testing.T) {
	_, err := suite.Load(t, filepath.Join(t.TempDir(), "nowhere"), nil)
	lmtest.Expect(t, err, contract.ErrNotFound, "nowhere")
}

func TestEmptyPathIsRefused(t *testing.T) {
	_, err := suite.Load(t, "", nil)
	lmtest.Expect(t, err, contract.ErrInvalid, "weights")
}

func TestMistakesInTheFolderAreToldBeforeLoading(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := suite.WithTokenizer(t, tiny)
	if err := os.WriteFile(filepath.Join(other, "vocab.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, word := range map[string]string{file: "expected a folder", t.TempDir(): "config.json", other: "vocab.json"} {
		_, err := New().Configure(t.Context(), lmtest.Params(t, folder, nil))
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v, expected one about %q", folder, err, word)
		}
	}
	_, err := New().Configure(t.Context(), json.RawMessage(`{"device":"cpu"}`))
	lmtest.Expect(t, err, contract.ErrInvalid, "weights: is missing")
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	suite.Accounts(t, []lmtest.TensorCase{
		{"small-b", "", func(s lmtest.Tensors) {
			s["h.0.attn.bias"], s["h.1.attn.masked_bias"] = lmtest.Zeros(1, 1, 64, 64), lmtest.Zeros()
		}},
		{"small-c", "", func(s lmtest.Tensors) { s["lm_head.weight"] = s["transformer.wte.weight"] }},
		{"small-b", `"lm_head.weight" differs`, func(s lmtest.Tensors) { s["lm_head.weight"] = lmtest.Zeros(53, 24) }},
		{"small-b", `"h.1.mlp.c_fc.weight"`, func(s lmtest.Tensors) { delete(s, "h.1.mlp.c_fc.weight") }},
		{"small-b", `"h.0.attn.c_proj.weight" has shape [12 48], expected [24 24]`, func(s lmtest.Tensors) { s["h.0.attn.c_proj.weight"] = lmtest.Zeros(12, 48) }},
		{"small-b", `"h.7.ln_1.weight" belongs to no part`, func(s lmtest.Tensors) { s["h.7.ln_1.weight"] = lmtest.Zeros(24) }},
	})
}

func TestTokenizerOfAnotherModelIsRefused(t *testing.T) {
	dir := suite.WithTokenizer(t, tiny)
	for _, name := range []string{"config.json", "model.safetensors"} { // 97 words
		data, err := os.ReadFile(filepath.Join("testdata", "small-a", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := suite.Load(t, dir, nil)
	lmtest.Expect(t, err, contract.ErrBadData, "97")
}

func TestFolderWithoutTokenizerLoadsButCannotEncode(t *testing.T) {
	p, err := suite.Load(t, filepath.Join("testdata", "small-a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Encode(t.Context(), []string{"word"})
	lmtest.Expect(t, err, contract.ErrNotFound)
}

// nan loads small-a with a NaN in a weight.
func nan(t *testing.T) *lm.Backbone {
	t.Helper()
	bias := make([]float32, 128)
	bias[0] = float32(math.NaN())
	p, err := suite.Load(t, lmtest.Changed(t, "small-a", func(s lmtest.Tensors) {
		s["transformer.h.0.mlp.c_fc.bias"] = safetensors.Float32Tensor("", []int{128}, bias)
	}), nil)
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
		PredictFirst: true, Batch: 2, LearningRate: 0.01}, lmtest.Stream(contract.Example{Prompt: []int32{97, 1}, Main: []int32{2, 3}}), nil)
	lmtest.Expect(t, err, contract.ErrNonFinite, "step 1", "content", "next_word")
	after := lmtest.Tower(t, p, "content")
	if !slices.Equal(after["user"], before["user"]) || !slices.Equal(after["item"], before["item"]) {
		t.Fatal("the tower changed")
	}
	_, err = p.Rank(t.Context(), "content", contract.RankSpec{}, []contract.RankPrompt{{Prompt: []int32{97}, K: 2}})
	lmtest.Expect(t, err, contract.ErrNonFinite, "prompt 0")
}

func TestDocumentsThatCannotBeReadAreNamed(t *testing.T) {
	p := suite.Loaded(t, "small-a", nil)
	if err := p.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: 3, Items: 4, InitStd: 0.02, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	good := contract.Example{Prompt: []int32{97, 5}, Main: []int32{100, 101}}
	cases := map[string]contract.Example{
		"104":        {Prompt: []int32{104}, Main: []int32{100}}, // beyond the last item
		"-1":         {Prompt: []int32{-1}, Main: []int32{100}},
		"next_item":  {Prompt: []int32{97}, Main: []int32{5}}, // a word
		"at most 64": {Prompt: make([]int32, 64), Main: []int32{100}},
		"no prompt":  {Main: []int32{100}},
		"empty":      {},
		"targets":    {Prompt: []int32{97}, Targets: []int32{1}},
	}
	for word, bad := range cases {
		_, err := p.TrainTower(t.Context(), contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean,
			PredictFirst: true, Batch: 2, LearningRate: 0.01}, lmtest.Stream(good, good, good, bad), nil)
		lmtest.Expect(t, err, contract.ErrInvalid, "example 3", word)
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
	lmtest.Expect(t, b.LoadTower(t.Context(), "l", path), contract.ErrBadData, "language model")
}

func TestUnsupportedDevicesAreNamed(t *testing.T) {
	p := New()
	_, err := p.Configure(t.Context(), json.RawMessage(`{"weights":"x","dtype":"int8"}`))
	lmtest.Expect(t, err, contract.ErrInvalid, "dtype")
	if _, err = p.Configure(t.Context(), json.RawMessage(`{"weights":"testdata/small-a","device":"cuda:7"}`)); err != nil {
		t.Fatal(err)
	}
	_, err = p.Load(t.Context(), contract.Resources{}, nil)
	lmtest.Expect(t, err, contract.ErrUnsupported, "cuda:7")
}

func TestAPriorCanLeaveOutTokensThatNoTextMentions(t *testing.T) { suite.Unmentioned(t, "small-a", 97) }

func TestVectorsOfTextsAreThoseOfTheirTokens(t *testing.T) {
	suite.EmbeddingTexts(t, suite.WithTokenizer(t, tiny), 32)
}

// TestABeginOfTextTokenIsReadAndNotPooled: a token that the backbone sets itself
// stands before the text for the model and is no part of its vector.
func TestABeginOfTextTokenIsReadAndNotPooled(t *testing.T) {
	dir := suite.WithTokenizer(t, tiny)
	config := `{"tokenizer_class": "GPT2Tokenizer", "add_bos_token": true}`
	if err := os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := suite.Load(t, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := []string{"the red soap"}
	ids, err := b.Encode(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	const begin, width = 299, 32 // <|endoftext|>, the last word
	hidden, _, err := b.States([][]int32{append([]int32{begin}, ids[0]...)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, width)
	for i, x := range hidden[width:] {
		want[i%width] += float64(x) / float64(len(ids[0]))
	}
	got, err := b.Embed(t.Context(), contract.EmbedSpec{Pooling: contract.PoolMean}, text)
	if err != nil {
		t.Fatal(err)
	}
	if d := lmtest.Distance(got[0], want); !(d < 1e-6) {
		t.Errorf("the vector is %.3g from the mean of the text's own states", d)
	}
}

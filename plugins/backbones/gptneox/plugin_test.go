package main

import (
	"cllm4rec/core/contract"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm/lmtest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) { suite.Contract(t) }

// Its folder has fewer tokens than words, and a head of its own.
func TestContractOfPythia(t *testing.T) { suite.ContractOver(t, filepath.Join("testdata", "pythia")) }

// TestTokenizerOfPythiaIsRead compares ids with those of transformers; the folder
// has fewer tokens than its model has words, as Pythia's have.
func TestTokenizerOfPythiaIsRead(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "reference.json"))
	var want struct {
		Tokenizer struct{ Texts map[string][]int32 }
	}
	if err := errors.Join(err, json.Unmarshal(raw, &want)); err != nil {
		t.Fatal(err)
	}
	b := suite.Loaded(t, "pythia", nil)
	for text, ids := range want.Tokenizer.Texts {
		got, err := b.Encode(t.Context(), []string{text})
		if err != nil || !slices.Equal(got[0], ids) {
			t.Errorf("%q: %v, %v, expected %v", text, got, err, ids)
		}
	}
	info, err := b.Load(t.Context(), contract.Resources{}, nil)
	if err != nil || info.MaxLength != 32 {
		t.Errorf("longest text %d, %v, expected all 32 positions: nothing stands before a text", info.MaxLength, err)
	}
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	suite.Accounts(t, []lmtest.TensorCase{
		{"parallel", "", func(s lmtest.Tensors) { s["gpt_neox.layers.0.attention.rotary_emb.inv_freq"] = lmtest.Zeros(1) }},
		{"bfloat16", "", func(s lmtest.Tensors) { s["embed_out.weight"] = s["gpt_neox.embed_in.weight"] }},
		{"bfloat16", `"embed_out.weight" differs`, func(s lmtest.Tensors) { s["embed_out.weight"] = lmtest.Zeros(41, 8) }},
		{"parallel", `"embed_out.weight"`, func(s lmtest.Tensors) { delete(s, "embed_out.weight") }},
		{"parallel", `"gpt_neox.layers.1.attention.dense.bias"`, func(s lmtest.Tensors) { delete(s, "gpt_neox.layers.1.attention.dense.bias") }},
		{"float16", `"gpt_neox.layers.0.attention.dense.bias" belongs to no part`, func(s lmtest.Tensors) { s["gpt_neox.layers.0.attention.dense.bias"] = lmtest.Zeros(8) }},
		{"parallel", `"gpt_neox.layers.2.mlp.dense_h_to_4h.bias" belongs to no part`, func(s lmtest.Tensors) { s["gpt_neox.layers.2.mlp.dense_h_to_4h.bias"] = lmtest.Zeros(24) }},
		{"sequential", "has shape [12 36], expected [36 12]", func(s lmtest.Tensors) { s["layers.0.attention.query_key_value.weight"] = lmtest.Zeros(12, 36) }},
	})
}

func TestVectorsOfTextsAreThoseOfTheirTokens(t *testing.T) {
	suite.EmbeddingTexts(t, "testdata/pythia", 32)
}

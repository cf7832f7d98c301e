package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/weights"
)

// tiny is a shape that trains in a second.
const tiny = `{"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":32,"vocab_size":300}`

// texts are sentences of a small grammar: something to learn, nothing to own.
func texts(n int) iter.Seq2[[]string, error] {
	colours, things := strings.Fields("red blue green shiny"), strings.Fields("brush cream soap towel")
	return func(yield func([]string, error) bool) {
		for i := range n {
			text := "the " + colours[i%4] + " " + things[i/4%4] + " is good for my " + things[(i*7+i/16)%4] + "."
			if !yield([]string{text}, nil) {
				return
			}
		}
	}
}

func pretrain(t *testing.T, out, shape string, steps int) (contract.PretrainResult, error) {
	t.Helper()
	b := New()
	if _, err := b.Configure(t.Context(), lmtest.Params(t, out, nil)); err != nil {
		t.Fatal(err)
	}
	return b.Pretrain(t.Context(), contract.PretrainSpec{Out: out, Shape: json.RawMessage(shape), Steps: steps, Batch: 4,
		Rate: 3e-3, Seed: 11, HoldOut: 0.1}, texts(400), nil)
}

// withTokenizer makes a random model of 300 words with a vocabulary.
func withTokenizer(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model")
	if _, err := pretrain(t, out, tiny, 1); err != nil {
		t.Fatal(err)
	}
	return out
}

// load configures and loads a folder and gives the error.
func load(t *testing.T, path string) (*lm.Backbone, error) {
	t.Helper()
	b := New()
	if _, err := b.Configure(t.Context(), lmtest.Params(t, path, nil)); err != nil {
		return b, err
	}
	_, err := b.Load(t.Context(), nil)
	t.Cleanup(func() { _ = b.Close(t.Context()) })
	return b, err
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

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	got, err := pretrain(t, a, tiny, 100)
	if err != nil {
		t.Fatal(err)
	}
	if held := math.Exp(got.HeldOut.NLL / float64(got.HeldOut.Tokens)); got.Vocabulary != 300 || !(held < 30) {
		t.Fatalf("vocabulary %d, perplexity of the texts held out %.1f, expected 300 and far below that", got.Vocabulary, held)
	}
	if _, err := load(t, a); err != nil {
		t.Fatal(err)
	}
	if _, err := pretrain(t, b, tiny, 100); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "model.safetensors"} {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs from run to run (%v, %v)", name, errX, errY)
		}
	}
}

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	for shape, word := range map[string]string{
		`{"n_layer":2}`: "n_layer", `{"num_attention_heads":3}`: "hidden_size 128", `{"num_attention_heads":128}`: "even",
		`{"num_key_value_heads":3}`: "num_key_value_heads 3",
	} {
		_, err := pretrain(t, filepath.Join(t.TempDir(), "m"), shape, 1)
		expect(t, err, contract.ErrInvalid, word)
	}
}

// damaged copies a folder's configuration and weights, changed.
func damaged(t *testing.T, folder string, change func(tensors map[string]safetensors.Tensor)) string {
	t.Helper()
	f, err := weights.Open(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	tensors := map[string]safetensors.Tensor{}
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
	text, err := os.ReadFile(filepath.Join("testdata", folder, "config.json"))
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644),
		safetensors.Write(filepath.Join(dir, "model.safetensors"), all, nil)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	type set = map[string]safetensors.Tensor
	floats := func(n ...int) safetensors.Tensor {
		size := 1
		for _, d := range n {
			size *= d
		}
		return safetensors.Float32Tensor("", n, make([]float32, size))
	}
	for _, c := range []struct {
		folder, word string // "" where the folder loads
		change       func(set)
	}{
		{"small-b", "", func(s set) {
			s["model.layers.0.self_attn.rotary_emb.inv_freq"] = floats(2)
			s["lm_head.weight"] = s["model.embed_tokens.weight"]
		}},
		{"small-b", `"lm_head.weight" differs`, func(s set) { s["lm_head.weight"] = floats(41, 16) }},
		{"small-b", `"model.layers.2.mlp.up_proj.weight"`, func(s set) { delete(s, "model.layers.2.mlp.up_proj.weight") }},
		{"small-b", `"model.layers.3.mlp.up_proj.weight" belongs to no part`, func(s set) { s["model.layers.3.mlp.up_proj.weight"] = floats(28, 16) }},
		{"small-b", `"model.layers.0.self_attn.o_proj.bias" belongs to no part`, func(s set) { s["model.layers.0.self_attn.o_proj.bias"] = floats(16) }},
		{"small-b", "has shape [16 16], expected [8 16]", func(s set) { s["model.layers.0.self_attn.k_proj.weight"] = floats(16, 16) }},
		{"small-a", `"lm_head.weight"`, func(s set) { delete(s, "lm_head.weight") }},
		{"small-c", `"model.layers.1.mlp.down_proj.bias"`, func(s set) { delete(s, "model.layers.1.mlp.down_proj.bias") }},
		{"qwen2", `"model.layers.1.self_attn.v_proj.bias"`, func(s set) { delete(s, "model.layers.1.self_attn.v_proj.bias") }},
	} {
		_, err := load(t, damaged(t, c.folder, c.change))
		if c.word == "" && err != nil || c.word != "" && (!errors.Is(err, contract.ErrBadData) && !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), c.word)) {
			t.Errorf("%s: error %v, expected one about %q", c.folder, err, c.word)
		}
	}
}

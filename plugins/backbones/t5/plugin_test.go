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
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/weights"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) {
	contracttest.Backbone(t, func() contract.Backbone { return New() },
		contracttest.BackboneOptions{Params: lmtest.Params(t, withTokenizer(t), nil)})
}

// tiny is a shape that trains in a second.
const tiny = `{"d_model":32,"num_layers":2,"num_decoder_layers":1,"num_heads":2,"d_ff":64,"n_positions":32,"vocab_size":300,"feed_forward_proj":"gated-gelu"}`

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
	held := math.Exp(got.HeldOut.NLL / float64(got.HeldOut.Tokens))
	t.Logf("perplexity of the texts held out: %.1f", held)
	if got.Vocabulary != 300 || !(held < 60) {
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
		`{"n_layer":2}`: "n_layer", `{"num_heads":3}`: "d_model 128", `{"feed_forward_proj":"gated-mish"}`: "feed_forward_proj",
	} {
		_, err := pretrain(t, filepath.Join(t.TempDir(), "m"), shape, 1)
		expect(t, err, contract.ErrInvalid, word)
	}
}

type set = map[string]safetensors.Tensor

// damaged copies a folder's configuration and weights, changed.
func damaged(t *testing.T, folder string, change func(set)) string {
	t.Helper()
	f, err := weights.Open(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	tensors := set{}
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

func floats(rows, columns int) safetensors.Tensor {
	return safetensors.Float32Tensor("", []int{rows, columns}, make([]float32, rows*columns))
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	const ff, bias = "decoder.block.1.layer.2.DenseReluDense.wo.weight", "SelfAttention.relative_attention_bias.weight"
	for _, c := range []struct {
		folder, word string // "" where the folder loads
		change       func(set)
	}{
		{"small-a", "", func(s set) {
			s["lm_head.weight"], s["encoder.embed_tokens.weight"] = s["shared.weight"], s["shared.weight"]
			s["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = floats(32, 2)
		}},
		{"small-a", `"lm_head.weight" differs`, func(s set) { s["lm_head.weight"] = floats(53, 16) }},
		{"small-b", `"decoder.embed_tokens.weight" differs`, func(s set) { s["decoder.embed_tokens.weight"] = floats(47, 24) }},
		{"small-b", `"lm_head.weight"`, func(s set) { delete(s, "lm_head.weight") }},
		{"small-a", ff, func(s set) { delete(s, ff) }},
		{"small-a", "has shape [32 16], expected [16 32]", func(s set) { s[ff] = floats(32, 16) }},
		{"small-a", "encoder.block.0.layer.0." + bias, func(s set) { delete(s, "encoder.block.0.layer.0."+bias) }},
		{"small-a", `"encoder.block.1.layer.0.` + bias + `" belongs to no part`, func(s set) { s["encoder.block.1.layer.0."+bias] = floats(32, 2) }},
		{"small-a", `wi_1.weight" belongs to no part`, func(s set) { s["encoder.block.1.layer.1.DenseReluDense.wi_1.weight"] = floats(32, 16) }},
	} {
		_, err := load(t, damaged(t, c.folder, c.change))
		if c.word == "" && err != nil || c.word != "" && (!errors.Is(err, contract.ErrBadData) && !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), c.word)) {
			t.Errorf("%s: error %v, expected one about %q", c.folder, err, c.word)
		}
	}
}

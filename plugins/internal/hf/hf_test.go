package hf

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/safetensors"
)

const fixtures = "../../backbones/gpt2/testdata/"

func TestConfigsOfTransformersFolders(t *testing.T) {
	a := GPT2Config{Layers: 2, Heads: 4, Hidden: 32, Inner: 128, Positions: 64, Words: 97, Epsilon: 1e-5, Activation: GELUTanh,
		ScaleAttention: true, EmbeddingDropout: 0.1, AttentionDropout: 0.1, ResidualDropout: 0.1}
	b, c := a, a
	b.Layers, b.Heads, b.Hidden, b.Inner, b.Positions, b.Words, b.Epsilon = 3, 3, 24, 60, 40, 53, 1e-3
	c.Heads, c.Hidden, c.Inner, c.Positions, c.Words, c.Activation, c.ScaleByLayer = 2, 16, 64, 32, 41, GELU, true
	for name, want := range map[string]GPT2Config{"small-a": a, "small-b": b, "small-c": c} {
		if got, err := LoadGPT2Config(fixtures + name); err != nil || got != want {
			t.Errorf("%s: %+v, %v\nwant %+v", name, got, err, want)
		}
	}
}

func TestWeightsOpenWithAndWithoutPrefix(t *testing.T) {
	for _, name := range []string{"small-a", "small-b", "small-c"} {
		config, err := LoadGPT2Config(fixtures + name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := OpenGPT2Weights(fixtures+name, config)
		if err != nil {
			t.Fatal(err)
		}
		v, err := w.Tensor("h.1.mlp.c_proj.bias")
		if err != nil || !slices.Equal(v.Shape, []int{config.Hidden}) || len(w.Paths()) != 1 {
			t.Errorf("%s: %v %v", name, v.Shape, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSavedConfigLoadsAgain(t *testing.T) {
	want, err := LoadGPT2Config(fixtures + "small-c")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := SaveGPT2Config(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadGPT2Config(dir); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// edited writes a folder whose config.json is small-a's with one key changed (nil deletes it).
func edited(t *testing.T, key string, value any) string {
	t.Helper()
	text, err := os.ReadFile(fixtures + "small-a/config.json")
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]any{}
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	config[key] = value
	if value == nil {
		delete(config, key)
	}
	text, _ = json.Marshal(config)
	return folderWith(t, ConfigName, string(text))
}

func folderWith(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBadConfigsNameTheKey(t *testing.T) {
	for _, c := range []struct {
		key      string
		value    any
		sentinel error
	}{
		{"model_type", "llama", contract.ErrUnsupported}, {"model_type", nil, contract.ErrUnsupported},
		{"n_layer", nil, contract.ErrBadData}, {"n_layer", "2", contract.ErrBadData}, {"n_layer", 2.5, contract.ErrBadData},
		{"n_head", 0, contract.ErrBadData}, {"n_embd", 33, contract.ErrBadData}, {"vocab_size", -1, contract.ErrBadData},
		{"n_positions", nil, contract.ErrBadData}, {"n_inner", 0, contract.ErrBadData}, {"layer_norm_epsilon", -1, contract.ErrBadData},
		{"attn_pdrop", 1, contract.ErrBadData}, {"activation_function", "mish", contract.ErrUnsupported},
		{"scale_attn_weights", "yes", contract.ErrBadData}, {"reorder_and_upcast_attn", 1, contract.ErrBadData},
		{"tie_word_embeddings", false, contract.ErrUnsupported}, {"add_cross_attention", true, contract.ErrUnsupported},
	} {
		_, err := LoadGPT2Config(edited(t, c.key, c.value))
		if !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), c.key) || !strings.Contains(err.Error(), ConfigName) {
			t.Errorf("%s = %v: %v", c.key, c.value, err)
		}
	}
}

func TestMissingKeyPointsAtTheTypo(t *testing.T) {
	dir := folderWith(t, ConfigName, `{"model_type":"gpt2","n_layers":2}`)
	if _, err := LoadGPT2Config(dir); err == nil || !strings.Contains(err.Error(), `n_layer: missing (there is "n_layers")`) {
		t.Errorf("%v", err)
	}
}

func TestBrokenJSONNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{"{\n\"n_layer\": 2,\n}": "config.json:3:", "null": "JSON object", "[]": "config.json"} {
		_, err := LoadGPT2Config(folderWith(t, ConfigName, text))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := LoadGPT2Config(t.TempDir()); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// tensors are all weights of small-c, to be damaged.
func tensors(t *testing.T) (GPT2Config, map[string]safetensors.Tensor) {
	t.Helper()
	config, err := LoadGPT2Config(fixtures + "small-c")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]safetensors.Tensor{}
	for _, w := range GPT2Tensors(config) {
		n := 1
		for _, d := range w.Shape {
			n *= d
		}
		all[w.Name] = safetensors.Float32Tensor(w.Name, w.Shape, make([]float32, n))
	}
	return config, all
}

func openDamaged(t *testing.T, damage func(map[string]safetensors.Tensor)) error {
	t.Helper()
	config, all := tensors(t)
	damage(all)
	var list []safetensors.Tensor
	for name, tensor := range all {
		tensor.Name = name
		list = append(list, tensor)
	}
	dir := t.TempDir()
	if err := safetensors.Write(filepath.Join(dir, safetensors.SingleName), list, nil); err != nil {
		t.Fatal(err)
	}
	w, err := OpenGPT2Weights(dir, config)
	if err != nil {
		return err
	}
	return w.Close()
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	type set = map[string]safetensors.Tensor
	if err := openDamaged(t, func(s set) {
		s["h.0.attn.bias"] = safetensors.Float32Tensor("", []int{1, 1, 2, 2}, make([]float32, 4))
		s["lm_head.weight"] = s["wte.weight"]
	}); err != nil {
		t.Error(err)
	}
	for want, damage := range map[string]func(set){
		`no tensor "h.1.ln_2.bias"`: func(s set) { delete(s, "h.1.ln_2.bias") },
		`"ln_f.bias" has shape [1], expected [16]`: func(s set) {
			s["ln_f.bias"] = safetensors.Float32Tensor("", []int{1}, []float32{1})
		},
		`"h.2.ln_1.bias" belongs to no part`: func(s set) { s["h.2.ln_1.bias"] = s["h.1.ln_1.bias"] },
		`"ln_f.bias" has dtype I64`:          func(s set) { s["ln_f.bias"] = safetensors.Int64Tensor("", []int{16}, make([]int64, 16)) },
		`"lm_head.weight" differs`: func(s set) {
			s["lm_head.weight"] = safetensors.Float32Tensor("", []int{1}, []float32{1})
		},
	} {
		if err := openDamaged(t, damage); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestPickledWeightsAreRefusedWithTheCommand(t *testing.T) {
	_, err := OpenGPT2Weights(folderWith(t, "pytorch_model.bin", "x"), GPT2Config{})
	if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "save_pretrained") {
		t.Errorf("%v", err)
	}
	if _, err := OpenGPT2Weights(t.TempDir(), GPT2Config{}); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := OpenGPT2Weights(filepath.Join(t.TempDir(), "x"), GPT2Config{}); err == nil || !strings.Contains(err.Error(), "no such folder") {
		t.Errorf("%v", err)
	}
}

func FuzzConfig(f *testing.F) {
	for _, name := range []string{"small-a", "small-b", "small-c"} {
		text, err := os.ReadFile(fixtures + name + "/config.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"model_type":"gpt2","n_embd":0,"n_head":0}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := LoadGPT2Config(folderWith(t, ConfigName, string(text)))
		if err == nil && (c.Hidden%c.Heads != 0 || c.Inner < 1 || c.Words < 1) {
			t.Fatalf("accepted %+v", c)
		}
	})
}

// Package hf reads and writes Hugging Face model folders: config.json and the
// names and shapes of the weights. It knows no tensor library.
package hf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"cllm4rec/core/contract"
)

// ConfigName is the file that describes a model.
const ConfigName = "config.json"

// Activation is the nonlinearity of the feed-forward layer.
type Activation string

// The activations. Hugging Face has several names for some of them.
const (
	GELUTanh Activation = "gelu_new" // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
	GELU     Activation = "gelu"     // x Phi(x), exact
	ReLU     Activation = "relu"
	SiLU     Activation = "silu" // x sigmoid(x)
	Tanh     Activation = "tanh"
)

// activations maps the names of transformers' ACT2FN.
var activations = map[string]Activation{
	"gelu_new": GELUTanh, "gelu_pytorch_tanh": GELUTanh, "gelu_fast": GELUTanh, "gelu_accurate": GELUTanh,
	"gelu": GELU, "gelu_python": GELU, "relu": ReLU, "silu": SiLU, "swish": SiLU, "tanh": Tanh,
}

// GPT2Config is the shape of a GPT-2 model.
type GPT2Config struct {
	Layers     int // n_layer, >= 1
	Heads      int // n_head, divides Hidden
	Hidden     int // n_embd, K
	Inner      int // n_inner, 4K when the folder says nothing
	Positions  int // n_positions, longest sequence
	Words      int // vocab_size, N
	Epsilon    float64
	Activation Activation
	// ScaleAttention divides attention scores by sqrt(K / Heads); every published GPT-2 does.
	ScaleAttention bool
	// ScaleByLayer divides them by the layer's number (from 1) too.
	ScaleByLayer bool
	// Dropout rates in [0, 1): of the embeddings, the attention weights and the residual branches.
	EmbeddingDropout, AttentionDropout, ResidualDropout float64
}

// LoadGPT2Config reads config.json of a folder. Keys that GPT-2's computation
// does not depend on are ignored, for Hugging Face writes many; what it depends
// on must be there, of its type and in its range, or be a setting that this
// project can follow. Absent optional keys take the values that transformers
// gives them. reorder_and_upcast_attn changes no number in float32 and is accepted.
func LoadGPT2Config(dir string) (GPT2Config, error) {
	f, err := readFields(filepath.Join(dir, ConfigName))
	if err != nil {
		return GPT2Config{}, err
	}
	if kind := f.text("model_type", ""); kind != "gpt2" && f.err == nil {
		f.fail(contract.ErrUnsupported, "model_type", "is %q, but this backbone reads \"gpt2\"%s", kind, f.otherModel(kind))
	}
	c := GPT2Config{
		Layers: f.positive("n_layer"), Heads: f.positive("n_head"), Hidden: f.positive("n_embd"),
		Positions: f.positive("n_positions"), Words: f.positive("vocab_size"),
		Epsilon:          f.number("layer_norm_epsilon", 1e-5, 0, 1),
		ScaleAttention:   f.boolean("scale_attn_weights", true),
		ScaleByLayer:     f.boolean("scale_attn_by_inverse_layer_idx", false),
		EmbeddingDropout: f.number("embd_pdrop", 0.1, 0, 1),
		AttentionDropout: f.number("attn_pdrop", 0.1, 0, 1),
		ResidualDropout:  f.number("resid_pdrop", 0.1, 0, 1),
	}
	f.boolean("reorder_and_upcast_attn", false)
	f.rest(&c)
	return c, f.err
}

// otherModel is a hint for a folder of another kind.
func (f *fields) otherModel(kind string) string {
	if kind == "" {
		return "; the key is missing"
	}
	return "; use the backbone plugin made for " + kind
}

// rest checks what needs more than one value or has few choices.
func (f *fields) rest(c *GPT2Config) {
	name, known := f.text("activation_function", string(GELUTanh)), false
	if c.Activation, known = activations[name]; !known {
		f.fail(contract.ErrUnsupported, "activation_function", "is %q; known are %s", name, oneOf(activations))
	}
	c.Inner = 4 * c.Hidden
	if raw, ok := f.values["n_inner"]; ok && string(raw) != "null" {
		c.Inner = f.positive("n_inner")
	}
	if f.err == nil && c.Hidden%c.Heads != 0 {
		f.fail(contract.ErrBadData, "n_embd", "is %d, which n_head %d does not divide", c.Hidden, c.Heads)
	}
	for key, standard := range map[string]bool{"add_cross_attention": false, "tie_word_embeddings": true} {
		if f.boolean(key, standard) != standard {
			f.fail(contract.ErrUnsupported, key, "is %v; only %v can be followed", !standard, standard)
		}
	}
}

// SaveGPT2Config writes config.json of a folder, atomically, so that
// LoadGPT2Config and transformers read the same model back.
func SaveGPT2Config(dir string, c GPT2Config) error {
	text, err := json.MarshalIndent(map[string]any{
		"model_type": "gpt2", "architectures": []string{"GPT2LMHeadModel"},
		"n_layer": c.Layers, "n_head": c.Heads, "n_embd": c.Hidden, "n_inner": c.Inner, "n_positions": c.Positions,
		"vocab_size": c.Words, "layer_norm_epsilon": c.Epsilon, "activation_function": c.Activation,
		"scale_attn_weights": c.ScaleAttention, "scale_attn_by_inverse_layer_idx": c.ScaleByLayer,
		"embd_pdrop": c.EmbeddingDropout, "attn_pdrop": c.AttentionDropout, "resid_pdrop": c.ResidualDropout,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", ConfigName, err)
	}
	path := filepath.Join(dir, ConfigName)
	return renameio.WriteFile(path, append(bytes.TrimSpace(text), '\n'), 0o644, renameio.WithTempDir(dir))
}

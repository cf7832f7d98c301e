package main

import (
	"encoding/json"
	"fmt"
	"regexp"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
)

// architecture reads GPT-2 folders: all sizes, DistilGPT-2, and what has their shape.
type architecture struct{}

// Name is the plugin's.
func (architecture) Name() string { return "gpt2" }

// config is the shape of a GPT-2 model.
type config struct {
	layers     int // n_layer, >= 1
	heads      int // n_head, divides hidden
	hidden     int // n_embd, K
	inner      int // n_inner, 4K when the folder says nothing
	positions  int // n_positions, longest sequence
	words      int // vocab_size, N
	epsilon    float64
	activation hf.Activation
	// scale divides attention scores by sqrt(K / heads); every published GPT-2 does.
	scale bool
	// scaleByLayer divides them by the layer's number (from 1) too.
	scaleByLayer bool
	tied         bool // the word head is the word embedding
	rates        nn.Dropout
	std          float64 // initializer_range
}

// Read understands config.json. Keys that GPT-2's computation does not depend on
// are ignored, for Hugging Face writes many; what it depends on must be there, of
// its type and in its range, or be a setting that this project can follow. Absent
// optional keys take the values that transformers gives them.
// reorder_and_upcast_attn changes no number in float32 and is accepted.
func (a architecture) Read(f *hf.Fields) (lm.Definition, error) {
	f.Kind(a.Name(), "gpt2")
	c := config{
		layers: f.Positive("n_layer"), heads: f.Positive("n_head"), hidden: f.Positive("n_embd"),
		positions: f.Positive("n_positions"), words: f.Positive("vocab_size"),
		epsilon: f.Number("layer_norm_epsilon", 1e-5, 0, 1), activation: f.Activation("activation_function", hf.GELUTanh),
		tied: f.Boolean("tie_word_embeddings", true), scale: f.Boolean("scale_attn_weights", true), scaleByLayer: f.Boolean("scale_attn_by_inverse_layer_idx", false),
		rates: nn.Dropout{Embedding: f.Number("embd_pdrop", 0.1, 0, 1), Attention: f.Number("attn_pdrop", 0.1, 0, 1),
			Residual: f.Number("resid_pdrop", 0.1, 0, 1)},
		std: f.Number("initializer_range", 0.02, 0, 10),
	}
	c.inner = f.PositiveOr("n_inner", 4*c.hidden)
	f.Boolean("reorder_and_upcast_attn", false)
	f.Only("add_cross_attention", false)
	f.Unquantised("the folder of the original model")
	if f.Err() == nil && c.hidden%c.heads != 0 {
		f.Fail(contract.ErrBadData, "n_embd", "is %d, which n_head %d does not divide", c.hidden, c.heads)
	}
	return c, f.Err()
}

// Shape says how large the model is.
func (c config) Shape() lm.Shape {
	return lm.Shape{Architecture: "gpt2", Words: c.words, Hidden: c.hidden, Layers: c.layers, MaxLength: c.positions}
}

// Rates are config.json's dropout rates.
func (c config) Rates() nn.Dropout { return c.rates }

// causalMask matches the constant masks that old folders carry beside the weights.
var causalMask = regexp.MustCompile(`^h\.\d+\.attn\.(bias|masked_bias)$`)

// Layout lists the weights in the order of the computation. GPT-2's Conv1D
// matrices are [in, out]. Random ones are N(0, 0.02^2), those of projections onto
// the residual stream smaller by sqrt(2 layers); biases are 0, norms 1.
func (c config) Layout() hf.Layout {
	k, small := c.hidden, hf.OntoStream(c.std, c.layers)
	l := hf.Layout{Prefix: "transformer.", Ignored: causalMask}
	l.Table("wte", c.std, c.words, k)
	l.Table("wpe", c.std, c.positions, k)
	for i := range c.layers {
		at := fmt.Sprintf("h.%d.", i)
		l.LayerNorm(at+"ln_1", k)
		l.Conv1D(at+"attn.c_attn", hf.Attention, c.std, k, 3*k)
		l.Conv1D(at+"attn.c_proj", hf.Attention, small, k, k)
		l.LayerNorm(at+"ln_2", k)
		l.Conv1D(at+"mlp.c_fc", hf.FeedForward, c.std, k, c.inner)
		l.Conv1D(at+"mlp.c_proj", hf.FeedForward, small, c.inner, k)
	}
	l.LayerNorm("ln_f", k)
	l.Head("lm_head", "wte", c.tied)
	return l
}

// shape is what PretrainSpec.Shape holds.
type shape struct {
	Layers       int    `json:"n_layer" jsonschema:"default=2,minimum=1,description=blocks"`
	Heads        int    `json:"n_head" jsonschema:"default=4,minimum=1,description=attention heads of a block (their number divides n_embd)"`
	Hidden       int    `json:"n_embd" jsonschema:"default=128,minimum=1,description=width of an embedding"`
	Positions    int    `json:"n_positions" jsonschema:"default=256,minimum=2,description=longest sequence in tokens"`
	Words        int    `json:"vocab_size" jsonschema:"default=2000,minimum=257,description=size of the vocabulary with its 256 bytes and the end-of-text token"`
	WeightsDType string `json:"weights_dtype" jsonschema:"default=float16,enum=float16,enum=float32,description=of the numbers in model.safetensors"`
}

// Config is config.json of a model to be pretrained.
func (architecture) Config(raw json.RawMessage) (map[string]any, bool, error) {
	s, _, err := sdk.Decode[shape](raw)
	if err == nil && s.Hidden%s.Heads != 0 {
		err = contract.Errorf(contract.ErrInvalid, "n_head %d does not divide n_embd %d", s.Heads, s.Hidden)
	}
	return map[string]any{
		"model_type": "gpt2", "architectures": []string{"GPT2LMHeadModel"},
		"n_layer": s.Layers, "n_head": s.Heads, "n_embd": s.Hidden, "n_inner": 4 * s.Hidden, "n_positions": s.Positions,
		"vocab_size": s.Words, "layer_norm_epsilon": 1e-5, "activation_function": hf.GELUTanh,
		"scale_attn_weights": true, "scale_attn_by_inverse_layer_idx": false,
		"embd_pdrop": 0.1, "attn_pdrop": 0.1, "resid_pdrop": 0.1,
	}, s.WeightsDType == "float16", err
}

// tiny is a shape that trains in a second.
const tiny = `{"n_layer":2,"n_head":2,"n_embd":32,"n_positions":32,"vocab_size":300}`

// Tiny is the shape of the model that a check makes.
func (architecture) Tiny() json.RawMessage { return json.RawMessage(tiny) }

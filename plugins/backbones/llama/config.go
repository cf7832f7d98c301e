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

// architecture reads LLaMA folders and those of models that compute the same.
type architecture struct{}

// Name is the plugin's.
func (architecture) Name() string { return "llama" }

// config is the shape of a LLaMA model.
type config struct {
	layers     int // num_hidden_layers, >= 1
	heads      int // num_attention_heads, H, of queries
	groups     int // num_key_value_heads, G, of keys and values; divides heads
	width      int // head_dim, D, of one head; even; hidden / heads when the folder says nothing
	hidden     int // hidden_size, K
	inner      int // intermediate_size
	words      int // vocab_size, N
	positions  int // longest sequence
	epsilon    float64
	activation hf.Activation
	rotary     nn.RotaryOptions
	qkvBias    bool // of the projections onto queries, keys and values
	outBias    bool // of the projection after attention
	innerBias  bool // of the feed-forward net
	tied       bool // the word head is the word embedding
	rates      nn.Dropout
	std        float64 // initializer_range
}

// Read understands config.json, as transformers 4.57 and 5 write it for LLaMA,
// Qwen2 and Mistral. Keys on which no number depends are ignored, for Hugging Face
// writes many (pretraining_tp among them: it says into how many pieces a product
// is cut). What the computation depends on must be there, of its type and in its
// range, or be a setting that this project can follow. Absent optional keys take
// the values that transformers gives them.
func (a architecture) Read(f *hf.Fields) (lm.Definition, error) {
	kind := f.Kind(a.Name(), "llama", "mistral", "qwen2")
	c := config{
		layers: f.Positive("num_hidden_layers"), heads: f.Positive("num_attention_heads"), hidden: f.Positive("hidden_size"),
		inner: f.Positive("intermediate_size"), words: f.Positive("vocab_size"), positions: f.Positive("max_position_embeddings"),
		epsilon: f.Number("rms_norm_eps", 1e-6, 0, 1), activation: f.Activation("hidden_act", hf.SiLU),
		tied: f.Boolean("tie_word_embeddings", false), rates: nn.Dropout{Attention: f.Number("attention_dropout", 0, 0, 1)},
		std: f.Number("initializer_range", 0.02, 0, 10),
	}
	c.readHeads(f)
	c.readKind(f, kind)
	if f.Err() == nil {
		c.readRotary(f)
	}
	f.Unquantised("the folder of the original model, or a GGUF file")
	return c, f.Err()
}

func (c *config) readHeads(f *hf.Fields) {
	c.groups = f.PositiveOr("num_key_value_heads", c.heads)
	c.width = f.PositiveOr("head_dim", c.hidden/max(c.heads, 1))
	switch {
	case f.Err() != nil:
	case !f.Has("head_dim") && c.hidden%c.heads != 0:
		f.Fail(contract.ErrBadData, "hidden_size", "is %d, which num_attention_heads %d does not divide; give head_dim", c.hidden, c.heads)
	case c.heads%c.groups != 0:
		f.Fail(contract.ErrBadData, "num_attention_heads", "is %d, which num_key_value_heads %d does not divide", c.heads, c.groups)
	case c.width%2 != 0:
		f.Fail(contract.ErrBadData, "head_dim", "is %d, expected an even number, for rotary embeddings turn pairs", c.width)
	}
}

// readKind reads what the three kinds of configuration say in their own ways:
// biases, and attention that sees a part of the text only.
func (c *config) readKind(f *hf.Fields, kind string) {
	switch kind {
	case "llama":
		c.qkvBias = f.Boolean("attention_bias", false)
		c.outBias, c.innerBias = c.qkvBias, f.Boolean("mlp_bias", false)
		f.Only("rope_interleaved", false)
	case "qwen2":
		c.qkvBias = true
		f.Only("use_sliding_window", false)
	case "mistral":
		// A text of at most a window's length is seen whole.
		c.positions = min(c.positions, f.PositiveOr("sliding_window", c.positions))
	}
	if kind != "llama" && !f.Has("num_key_value_heads") {
		f.Fail(contract.ErrBadData, "num_key_value_heads", "missing; %s has no standard for it", kind)
	}
}

// readRotary reads how positions turn queries and keys.
func (c *config) readRotary(f *hf.Fields) {
	if share := f.RotaryShare("partial_rotary_factor", 1); share != 1 {
		f.Fail(contract.ErrUnsupported, "partial_rotary_factor", "is %v, here or in rope_parameters; LLaMA turns whole heads", share)
	}
	c.rotary = nn.RotaryOptions{Theta: f.RotaryTheta("rope_theta", 1e4), Dim: c.width, Scaling: f.RotaryScaling(c.positions, c.width)}
	c.positions = c.rotary.Scaling.Longest(c.positions)
}

// Shape says how large the model is.
func (c config) Shape() lm.Shape {
	return lm.Shape{Architecture: "llama", Words: c.words, Hidden: c.hidden, Layers: c.layers, MaxLength: c.positions,
		Whole: c.rotary.Scaling.Type == hf.Dynamic}
}

// Rates are config.json's dropout rates.
func (c config) Rates() nn.Dropout { return c.rates }

// frequencies matches constants that old folders carry beside the weights.
var frequencies = regexp.MustCompile(`^(layers\.\d+\.self_attn\.)?rotary_emb\.(inv_freq|cos_cached|sin_cached)$`)

// Layout lists the weights in the order of the computation; matrices are [out,
// in]. Random ones are N(0, 0.02^2), those of projections onto the residual stream
// smaller by sqrt(2 layers), as in GPT-2; biases are 0, norms 1.
func (c config) Layout() hf.Layout {
	k, queries, keys, small := c.hidden, c.heads*c.width, c.groups*c.width, hf.OntoStream(c.std, c.layers)
	l := hf.Layout{Prefix: "model.", Ignored: frequencies}
	l.Table("embed_tokens", c.std, c.words, k)
	for i := range c.layers {
		at := fmt.Sprintf("layers.%d.", i)
		l.RMSNorm(at+"input_layernorm", 1, k)
		l.Linear(at+"self_attn.q_proj", hf.Attention, c.std, k, queries, c.qkvBias)
		l.Linear(at+"self_attn.k_proj", hf.Attention, c.std, k, keys, c.qkvBias)
		l.Linear(at+"self_attn.v_proj", hf.Attention, c.std, k, keys, c.qkvBias)
		l.Linear(at+"self_attn.o_proj", hf.Attention, small, queries, k, c.outBias)
		l.RMSNorm(at+"post_attention_layernorm", 1, k)
		l.Linear(at+"mlp.gate_proj", hf.FeedForward, c.std, k, c.inner, c.innerBias)
		l.Linear(at+"mlp.up_proj", hf.FeedForward, c.std, k, c.inner, c.innerBias)
		l.Linear(at+"mlp.down_proj", hf.FeedForward, small, c.inner, k, c.innerBias)
	}
	l.RMSNorm("norm", 1, k)
	l.Head("lm_head", "embed_tokens", c.tied)
	return l
}

// shape is what PretrainSpec.Shape holds.
type shape struct {
	Hidden       int    `json:"hidden_size" jsonschema:"default=128,minimum=1,description=width of an embedding"`
	Layers       int    `json:"num_hidden_layers" jsonschema:"default=2,minimum=1,description=blocks"`
	Heads        int    `json:"num_attention_heads" jsonschema:"default=4,minimum=1,description=attention heads of a block (their number divides hidden_size into even widths)"`
	Groups       int    `json:"num_key_value_heads" jsonschema:"default=0,minimum=0,description=heads of keys and values (their number divides num_attention_heads; 0 is as many)"`
	Inner        int    `json:"intermediate_size" jsonschema:"default=0,minimum=0,description=width of the feed-forward net (0 is 8/3 of hidden_size rounded up to a multiple of 8)"`
	Positions    int    `json:"max_position_embeddings" jsonschema:"default=256,minimum=2,description=longest sequence in tokens"`
	Words        int    `json:"vocab_size" jsonschema:"default=2000,minimum=257,description=size of the vocabulary with its 256 bytes and the end-of-text token"`
	WeightsDType string `json:"weights_dtype" jsonschema:"default=float16,enum=float16,enum=float32,description=of the numbers in model.safetensors"`
}

// fill puts numbers where the shape leaves the choice to LLaMA's.
func (s *shape) fill() {
	if s.Groups == 0 {
		s.Groups = s.Heads
	}
	if s.Inner == 0 {
		s.Inner = (s.Hidden*8/3 + 7) / 8 * 8
	}
}

// Config is config.json of a model to be pretrained; its word head is tied.
func (architecture) Config(raw json.RawMessage) (map[string]any, bool, error) {
	s, _, err := sdk.Decode[shape](raw)
	if err == nil && s.Hidden%(2*s.Heads) != 0 {
		err = contract.Errorf(contract.ErrInvalid, "num_attention_heads %d does not divide hidden_size %d into even widths", s.Heads, s.Hidden)
	}
	if err == nil && s.Groups > 0 && s.Heads%s.Groups != 0 {
		err = contract.Errorf(contract.ErrInvalid, "num_key_value_heads %d does not divide num_attention_heads %d", s.Groups, s.Heads)
	}
	s.fill()
	return map[string]any{
		"model_type": "llama", "architectures": []string{"LlamaForCausalLM"},
		"hidden_size": s.Hidden, "num_hidden_layers": s.Layers, "num_attention_heads": s.Heads, "num_key_value_heads": s.Groups,
		"intermediate_size": s.Inner, "max_position_embeddings": s.Positions, "vocab_size": s.Words,
		"rms_norm_eps": 1e-5, "rope_theta": 1e4, "hidden_act": hf.SiLU, "tie_word_embeddings": true,
		"attention_bias": false, "mlp_bias": false, "attention_dropout": 0.0, "initializer_range": 0.02,
	}, s.WeightsDType == "float16", err
}

// tiny is a shape that trains in a second.
const tiny = `{"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":32,"vocab_size":300}`

// Tiny is the shape of the model that a check makes.
func (architecture) Tiny() json.RawMessage { return json.RawMessage(tiny) }

package main

import (
	"encoding/json"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
)

// architecture reads T5 folders: T5, T5 1.1, Flan-T5, and what has their shape.
type architecture struct{}

// Name is the plugin's.
func (architecture) Name() string { return "t5" }

// config is the shape of a T5 model.
type config struct {
	encoders   int // num_layers, of the encoder, >= 1
	decoders   int // num_decoder_layers; as many as encoders when the folder says nothing
	heads      int // num_heads, H
	width      int // d_kv, D, of one head; H*D need not be the hidden width
	hidden     int // d_model, K
	inner      int // d_ff
	words      int // vocab_size, N
	positions  int // n_positions, longest sequence on each side
	start      int // decoder_start_token_id, what the decoder reads first
	buckets    int // relative_attention_num_buckets
	distance   int // relative_attention_max_distance
	epsilon    float64
	activation hf.Activation
	gated      bool    // the feed-forward net is act(x W0) * (x W1), Shazeer 2020
	tied       bool    // the word head is the word embedding, of h K^-0.5
	rate       float64 // dropout_rate, everywhere
	factor     float64 // initializer_factor
}

// defaultPositions is the longest sequence where the folder has no n_positions.
const defaultPositions = 512

// Read understands config.json, as transformers 4 and 5 write it. Keys that T5's
// computation does not depend on are ignored, for Hugging Face writes many; what it
// depends on must be there, of its type and in its range, or be a setting that this
// project can follow. Absent optional keys take the values that transformers gives
// them. T5 has no positions to run out of: n_positions is the length with which a
// model was pretrained, 512 for all that are published.
func (a architecture) Read(f *hf.Fields) (lm.Definition, error) {
	f.Kind(a.Name(), "t5")
	c := config{
		encoders: f.Positive("num_layers"), heads: f.Positive("num_heads"), width: f.Positive("d_kv"), hidden: f.Positive("d_model"),
		inner: f.Positive("d_ff"), words: f.Positive("vocab_size"), positions: f.PositiveOr("n_positions", defaultPositions),
		buckets: f.PositiveOr("relative_attention_num_buckets", 32), distance: f.PositiveOr("relative_attention_max_distance", 128),
		epsilon: f.Number("layer_norm_epsilon", 1e-6, 0, 1), rate: f.Number("dropout_rate", 0.1, 0, 1),
		factor: f.Number("initializer_factor", 1, 0, 1e6),
	}
	c.decoders = f.PositiveOr("num_decoder_layers", c.encoders)
	c.start = f.Count("decoder_start_token_id", f.Count("pad_token_id", 0))
	c.readFeedForward(f)
	c.readHead(f)
	f.Only("is_encoder_decoder", true)
	f.Only("tie_encoder_decoder", false)
	f.Unquantised("the folder of the original model")
	c.check(f)
	return c, f.Err()
}

// readFeedForward reads feed_forward_proj: an activation, or gated-activation.
// gated-gelu means the tanh form. transformers writes what it understood beside it
// and follows that.
func (c *config) readFeedForward(f *hf.Fields) {
	full := f.Text("feed_forward_proj", "relu")
	name, gated := strings.CutPrefix(full, "gated-")
	if full == "gated-gelu" {
		name = string(hf.GELUTanh)
	}
	activation, known := hf.ActivationNamed(name)
	if !known {
		f.Fail(contract.ErrUnsupported, "feed_forward_proj", "is %q; known are relu, gated-gelu, gated-silu and such names of other activations: gelu, gelu_new, silu, tanh", full)
	}
	c.activation, c.gated = f.Activation("dense_act_fn", activation), f.Boolean("is_gated_act", gated)
}

// readHead tells T5 1.0, whose head is the word embedding under a factor, from its
// successors, whose head is a matrix of its own. transformers 4 says so in
// tie_word_embeddings; transformers 5 in scale_decoder_outputs, and the other key
// is true always.
func (c *config) readHead(f *hf.Fields) {
	c.tied = f.Boolean("tie_word_embeddings", true)
	scaled := f.Boolean("scale_decoder_outputs", c.tied)
	if scaled && !c.tied {
		f.Fail(contract.ErrUnsupported, "scale_decoder_outputs", "is true though tie_word_embeddings is false; only a tied head can be scaled")
	}
	c.tied = scaled
}

func (c config) check(f *hf.Fields) {
	// Half of the encoder's buckets are for keys behind the query, and half of those
	// for exact distances.
	switch {
	case f.Err() != nil:
	case c.buckets < 4 || c.buckets%2 != 0:
		f.Fail(contract.ErrBadData, "relative_attention_num_buckets", "is %d, expected an even number from 4", c.buckets)
	case c.distance <= c.buckets/2:
		f.Fail(contract.ErrBadData, "relative_attention_max_distance", "is %d, expected more than half of the %d buckets", c.distance, c.buckets)
	case c.start >= c.words:
		f.Fail(contract.ErrBadData, "decoder_start_token_id", "is %d, expected a word of the %d", c.start, c.words)
	}
}

// Shape says how large the model is.
func (c config) Shape() lm.Shape {
	return lm.Shape{Architecture: "t5", Words: c.words, Hidden: c.hidden, Layers: c.encoders + c.decoders, MaxLength: c.positions,
		Separate: true, Start: c.start}
}

// Rates are dropout_rate in all of T5's places.
func (c config) Rates() nn.Dropout {
	return nn.Dropout{Embedding: c.rate, Attention: c.rate, Residual: c.rate, Inner: c.rate, Final: c.rate}
}

// shape is what PretrainSpec.Shape holds.
type shape struct {
	Hidden       int    `json:"d_model" jsonschema:"default=128,minimum=1,description=width of an embedding"`
	Layers       int    `json:"num_layers" jsonschema:"default=2,minimum=1,description=blocks of the encoder"`
	Decoders     int    `json:"num_decoder_layers" jsonschema:"default=0,minimum=0,description=blocks of the decoder (0 is as many as of the encoder)"`
	Heads        int    `json:"num_heads" jsonschema:"default=4,minimum=1,description=attention heads of a block"`
	Width        int    `json:"d_kv" jsonschema:"default=0,minimum=0,description=width of a head (0 is d_model / num_heads)"`
	Inner        int    `json:"d_ff" jsonschema:"default=0,minimum=0,description=width of the feed-forward net (0 is four times d_model)"`
	Positions    int    `json:"n_positions" jsonschema:"default=256,minimum=2,description=longest sequence in tokens on each side"`
	Words        int    `json:"vocab_size" jsonschema:"default=2000,minimum=257,description=size of the vocabulary with its 256 bytes and the end-of-text token"`
	Project      string `json:"feed_forward_proj" jsonschema:"default=relu,enum=relu,enum=gated-gelu,enum=gated-silu,description=relu as in T5 or gated-gelu as in T5 1.1"`
	WeightsDType string `json:"weights_dtype" jsonschema:"default=float16,enum=float16,enum=float32,description=of the numbers in model.safetensors"`
}

// fill puts numbers where the shape leaves the choice to T5's.
func (s *shape) fill() {
	if s.Decoders == 0 {
		s.Decoders = s.Layers
	}
	if s.Width == 0 {
		s.Width = s.Hidden / s.Heads
	}
	if s.Inner == 0 {
		s.Inner = 4 * s.Hidden
	}
}

// Config is config.json of a model to be pretrained; its word head is tied. The
// last word of a vocabulary that is trained here ends texts, and the decoder begins
// with it.
func (architecture) Config(raw json.RawMessage) (map[string]any, bool, error) {
	s, _, err := sdk.Decode[shape](raw)
	if err != nil {
		return nil, false, err
	}
	if s.Width == 0 && s.Hidden%s.Heads != 0 {
		return nil, false, contract.Errorf(contract.ErrInvalid, "num_heads %d does not divide d_model %d; give d_kv", s.Heads, s.Hidden)
	}
	s.fill()
	return map[string]any{
		"model_type": "t5", "architectures": []string{"T5ForConditionalGeneration"}, "is_encoder_decoder": true,
		"d_model": s.Hidden, "num_layers": s.Layers, "num_decoder_layers": s.Decoders, "num_heads": s.Heads, "d_kv": s.Width, "d_ff": s.Inner,
		"n_positions": s.Positions, "vocab_size": s.Words, "feed_forward_proj": s.Project, "layer_norm_epsilon": 1e-6,
		"relative_attention_num_buckets": 32, "relative_attention_max_distance": 128, "dropout_rate": 0.1, "initializer_factor": 1.0,
		"tie_word_embeddings": true, "decoder_start_token_id": s.Words - 1, "pad_token_id": s.Words - 1, "eos_token_id": s.Words - 1,
	}, s.WeightsDType == "float16", nil
}

// tiny is a shape that trains in a second.
const tiny = `{"d_model":32,"num_layers":2,"num_decoder_layers":1,"num_heads":2,"d_ff":64,"n_positions":32,"vocab_size":300,"feed_forward_proj":"gated-gelu"}`

// Tiny is the shape of the model that a check makes.
func (architecture) Tiny() json.RawMessage { return json.RawMessage(tiny) }

package main

import (
	"fmt"
	"regexp"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
)

// architecture reads GPT-NeoX folders: Pythia of all sizes, GPT-NeoX-20B, and what
// has their shape.
type architecture struct{}

// Name is the plugin's.
func (architecture) Name() string { return "gptneox" }

// config is the shape of a GPT-NeoX model.
type config struct {
	layers     int // num_hidden_layers, >= 1
	heads      int // num_attention_heads, H, divides hidden
	hidden     int // hidden_size, K
	inner      int // intermediate_size
	words      int // vocab_size, N
	positions  int // longest sequence
	epsilon    float64
	activation hf.Activation
	rotary     nn.RotaryOptions // of the first rotary_pct of the columns of each head
	bias       bool             // of the projections before and after attention
	parallel   bool             // attention and feed-forward net read the same stream
	tied       bool             // the word head is the word embedding
	rates      nn.Dropout
	std        float64 // initializer_range
}

// Read understands config.json as transformers 4 and 5 write it. Keys on which no
// number depends are ignored, for Hugging Face writes many. What the computation
// depends on must be there, of its type and in its range, or be a setting that
// this project can follow. Absent optional keys take transformers' values.
func (a architecture) Read(f *hf.Fields) (lm.Definition, error) {
	f.Kind(a.Name(), "gpt_neox")
	hidden := f.Number("hidden_dropout", 0, 0, 1)
	c := config{
		layers: f.Positive("num_hidden_layers"), heads: f.Positive("num_attention_heads"), hidden: f.Positive("hidden_size"),
		inner: f.Positive("intermediate_size"), words: f.Positive("vocab_size"), positions: f.Positive("max_position_embeddings"),
		epsilon: f.Number("layer_norm_eps", 1e-5, 0, 1), activation: f.Activation("hidden_act", hf.GELU),
		bias: f.Boolean("attention_bias", true), parallel: f.Boolean("use_parallel_residual", true),
		tied: f.Boolean("tie_word_embeddings", false), std: f.Number("initializer_range", 0.02, 0, 10),
		rates: nn.Dropout{Embedding: hidden, Residual: hidden, Attention: f.Number("attention_dropout", 0, 0, 1)},
	}
	if f.Err() == nil {
		c.readHeads(f)
		c.readRotary(f)
	}
	f.Unquantised("the folder of the original model")
	return c, f.Err()
}

func (c *config) readHeads(f *hf.Fields) {
	if c.hidden%c.heads != 0 {
		f.Fail(contract.ErrBadData, "hidden_size", "is %d, which num_attention_heads %d does not divide", c.hidden, c.heads)
	} else if width := f.PositiveOr("head_dim", c.width()); width != c.width() {
		f.Fail(contract.ErrUnsupported, "head_dim", "is %d; heads of GPT-NeoX are hidden_size / num_attention_heads = %d wide", width, c.width())
	}
}

// width is D, that of a head.
func (c config) width() int { return c.hidden / c.heads }

// readRotary reads how positions turn queries and keys: rotary_pct and
// rotary_emb_base, which transformers 4.4x and later repeat under other names.
func (c *config) readRotary(f *hf.Fields) {
	share := f.RotaryShare("rotary_pct", 0.25)
	c.rotary = nn.RotaryOptions{Theta: f.RotaryTheta("rotary_emb_base", 1e4), Dim: turned(c.width(), share)}
	if !turnable(c.width(), share) {
		f.Fail(contract.ErrUnsupported, "rotary_pct", "is %v: it turns %d of a head's %d columns, expected an even number above 0", share, c.rotary.Dim, c.width())
	}
	c.rotary.Scaling = f.RotaryScaling(c.positions, c.rotary.Dim)
	c.positions = c.rotary.Scaling.Longest(c.positions)
}

// turned is how many columns of a head positions turn, rounded as transformers does.
func turned(width int, share float64) int { return int(float64(width) * share) }

// turnable reports whether there are some, in pairs.
func turnable(width int, share float64) bool {
	n := turned(width, share)
	return n > 0 && n%2 == 0
}

// Shape says how large the model is.
func (c config) Shape() lm.Shape {
	return lm.Shape{Architecture: "gptneox", Words: c.words, Hidden: c.hidden, Layers: c.layers, MaxLength: c.positions,
		Whole: c.rotary.Scaling.Type == hf.Dynamic}
}

// Rates are config.json's dropout rates.
func (c config) Rates() nn.Dropout { return c.rates }

// constants matches what folders carry beside the weights: causal masks and angles.
var constants = regexp.MustCompile(`^layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$`)

// Layout lists the weights in the order of the computation; matrices are [out,
// in]. Random ones are N(0, 0.02^2), those of projections onto the residual stream
// smaller by sqrt(2 layers), as in GPT-2; biases are 0, norms 1.
func (c config) Layout() hf.Layout {
	k, small := c.hidden, hf.OntoStream(c.std, c.layers)
	l := hf.Layout{Prefix: "gpt_neox.", Ignored: constants}
	l.Table("embed_in", c.std, c.words, k)
	for i := range c.layers {
		at := fmt.Sprintf("layers.%d.", i)
		l.LayerNorm(at+"input_layernorm", k)
		l.Linear(at+"attention.query_key_value", hf.Attention, c.std, k, 3*k, c.bias)
		l.Linear(at+"attention.dense", hf.Attention, small, k, k, c.bias)
		l.LayerNorm(at+"post_attention_layernorm", k)
		l.Linear(at+"mlp.dense_h_to_4h", hf.FeedForward, c.std, k, c.inner, true)
		l.Linear(at+"mlp.dense_4h_to_h", hf.FeedForward, small, c.inner, k, true)
	}
	l.LayerNorm("final_layer_norm", k)
	l.Head("embed_out", "embed_in", c.tied)
	return l
}

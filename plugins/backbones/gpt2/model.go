package main

import (
	"math"

	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// gpt2 is the model of Radford et al. 2019, as transformers' GPT2Model computes
// it. S rows are the tokens of all sequences of a batch, one after another; K is
// the width, N the number of words, P the number of positions.
type gpt2 struct {
	config    hf.GPT2Config
	words     *torch.Tensor // Z^t [N,K]
	positions *torch.Tensor // [P,K]
	blocks    []block
	last      nn.LayerNorm
	kernel    nn.Kernel
}

// block is one layer: attention, then a feed-forward net, each after a layer
// norm and added to the stream.
type block struct {
	before1  nn.LayerNorm
	qkv      nn.Linear // [K] -> [3K]
	attend   nn.Attention
	project  nn.Linear // [K] -> [K]
	before2  nn.LayerNorm
	widen    nn.Linear // [K] -> [inner]
	activate func(*torch.Scope, *torch.Tensor) *torch.Tensor
	narrow   nn.Linear // [inner] -> [K]
}

// Forward maps input embeddings to last hidden states of R of the rows, or of all.
func (g *gpt2) Forward(s *torch.Scope, x *torch.Tensor, q *nn.Sequences, d *nn.Dropout, rows []int64) *torch.Tensor {
	h := s.Add(x, s.Rows(g.positions, q.Positions)) // [S,K]
	h = d.Embed(s, h)                               // [S,K]
	for i, b := range g.blocks {
		a := b.attention(s, h, q, d) // [S,K]
		if i == len(g.blocks)-1 && rows != nil {
			at := s.Ints(rows, int64(len(rows)))
			a, h = s.Rows(a, at), s.Rows(h, at) // [R,K], and so to the end
		}
		h = d.AddTo(s, h, b.project.Apply(s, a, d)) // [S,K]
		h = d.AddTo(s, h, b.feedForward(s, h, d))   // [S,K]
	}
	return g.last.Apply(s, h) // [S,K]
}

func (b block) attention(s *torch.Scope, h *torch.Tensor, q *nn.Sequences, d *nn.Dropout) *torch.Tensor {
	x := b.qkv.Apply(s, b.before1.Apply(s, h), d) // [S,3K]
	return b.attend.ApplyFused(s, x, q, d)        // [S,K]
}

func (b block) feedForward(s *torch.Scope, h *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := b.widen.Apply(s, b.before2.Apply(s, h), d) // [S,inner]
	return b.narrow.Apply(s, b.activate(s, x), d)   // [S,K]
}

// activation is the feed-forward layer's nonlinearity.
func activation(a hf.Activation) func(*torch.Scope, *torch.Tensor) *torch.Tensor {
	switch a {
	case hf.GELU:
		return func(s *torch.Scope, x *torch.Tensor) *torch.Tensor { return s.GELU(x, false) }
	case hf.ReLU:
		return (*torch.Scope).ReLU
	case hf.SiLU:
		return (*torch.Scope).SiLU
	case hf.Tanh:
		return (*torch.Scope).Tanh
	default: // hf.GELUTanh; the configuration's reader knows no other
		return func(s *torch.Scope, x *torch.Tensor) *torch.Tensor { return s.GELU(x, true) }
	}
}

// attentionScale is what layer i (from 0) multiplies its scores by.
func attentionScale(c hf.GPT2Config, i int) float64 {
	scale := 1.0
	if c.ScaleAttention {
		scale /= math.Sqrt(float64(c.Hidden) / float64(c.Heads))
	}
	if c.ScaleByLayer {
		scale /= float64(i + 1)
	}
	return scale
}

// Words is Z^t [N,K].
func (g *gpt2) Words() *torch.Tensor { return g.words }

// Kernel is how attention is computed.
func (g *gpt2) Kernel() nn.Kernel { return g.kernel }

// Rates are config.json's dropout rates.
func (g *gpt2) Rates() nn.Dropout {
	c := g.config
	return nn.Dropout{Embedding: c.EmbeddingDropout, Attention: c.AttentionDropout, Residual: c.ResidualDropout}
}

// Shape says how large the model is.
func (g *gpt2) Shape() lm.Shape {
	c := g.config
	shape := lm.Shape{Architecture: "gpt2", Words: c.Words, Hidden: c.Hidden, Layers: c.Layers, MaxLength: c.Positions,
		Heads: c.Heads, Inner: c.Inner}
	for _, t := range hf.GPT2Tensors(c) {
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		shape.Parameters += n
	}
	return shape
}

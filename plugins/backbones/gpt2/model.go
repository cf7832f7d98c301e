package main

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// gpt2 is the model of Radford et al. 2019, as transformers' GPT2Model computes
// it. S rows are the tokens of all sequences of a batch, one after another; K is
// the width, N the number of words, P the number of positions.
type gpt2 struct {
	words     *torch.Tensor // Z^t [N,K]
	positions *torch.Tensor // [P,K]
	blocks    []block
	last      nn.LayerNorm
	head      *torch.Tensor // [N,K], Z^t itself when tied
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
	activate nn.Activation
	narrow   nn.Linear // [inner] -> [K]
}

// Forward maps input embeddings to last hidden states of R of the rows, or of all.
func (g *gpt2) Forward(s *torch.Scope, in lm.Input, d *nn.Dropout) *torch.Tensor {
	h := s.Add(in.X, s.Rows(g.positions, in.Text.Positions)) // [S,K]
	h = d.Embed(s, h)                                        // [S,K]
	h = nn.Layers(s, in.Checkpoint, d, g.blocks, in.Rows, func(s *torch.Scope, b block, d *nn.Dropout, rows []int64, h ...*torch.Tensor) *torch.Tensor {
		return b.apply(s, h[0], in.Text, d, rows) // [S,K], of the last block [R,K]
	}, h)
	return g.last.Apply(s, h) // [R,K]
}

// apply is one layer. Where only R rows are wanted, all that follows attention is
// done for those alone.
func (b block) apply(s *torch.Scope, h *torch.Tensor, q *nn.Sequences, d *nn.Dropout, rows []int64) *torch.Tensor {
	a := b.attention(s, h, q, d) // [S,K]
	pick := nn.Pick(s, d, rows)
	a, h = pick(a), pick(h)                      // [R,K], and so to the end
	h = d.AddTo(s, h, b.project.Apply(s, a, d))  // [R,K]
	return d.AddTo(s, h, b.feedForward(s, h, d)) // [R,K]
}

func (b block) attention(s *torch.Scope, h *torch.Tensor, q *nn.Sequences, d *nn.Dropout) *torch.Tensor {
	x := b.qkv.Apply(s, b.before1.Apply(s, h), d) // [S,3K]
	return b.attend.ApplyFused(s, x, q, d)        // [S,K]
}

func (b block) feedForward(s *torch.Scope, h *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := b.widen.Apply(s, b.before2.Apply(s, h), d)     // [S,inner]
	return b.narrow.Apply(s, b.activate.Apply(s, x), d) // [S,K]
}

// Words is Z^t [N,K].
func (g *gpt2) Words() *torch.Tensor { return g.words }

// Head is tied to the words, or a table of its own.
func (g *gpt2) Head() lm.Head { return lm.Head{Table: g.head, Scale: 1} }

// Assemble makes the model of its weights.
func (c config) Assemble(_ *torch.Scope, w *nn.Weights) lm.Model {
	g := &gpt2{words: w.Tensor("wte.weight"), positions: w.Tensor("wpe.weight"), last: w.LayerNorm("ln_f", c.epsilon)}
	g.head = g.words
	if !c.tied {
		g.head = w.Tensor("lm_head.weight")
	}
	for i := range c.layers {
		at := fmt.Sprintf("h.%d.", i)
		g.blocks = append(g.blocks, block{
			before1: w.LayerNorm(at+"ln_1", c.epsilon), qkv: w.Linear(at+"attn.c_attn", false),
			attend:  nn.Attention{Kernel: w.Kernel, Heads: c.heads, Scale: c.attentionScale(i)},
			project: w.Linear(at+"attn.c_proj", false), before2: w.LayerNorm(at+"ln_2", c.epsilon),
			widen: w.Linear(at+"mlp.c_fc", false), activate: nn.Activation(c.activation), narrow: w.Linear(at+"mlp.c_proj", false),
		})
	}
	return g
}

// attentionScale is what layer i (from 0) multiplies its scores by.
func (c config) attentionScale(i int) float64 {
	scale := 1.0
	if c.scale {
		scale /= math.Sqrt(float64(c.hidden) / float64(c.heads))
	}
	if c.scaleByLayer {
		scale /= float64(i + 1)
	}
	return scale
}

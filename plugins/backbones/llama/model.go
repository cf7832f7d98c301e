package main

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// llama is the model of Touvron et al. 2023, as transformers' LlamaModel computes
// it. S rows are the tokens of all sequences of a batch, one after another; K is
// the width, N the number of words, D the width of a head, H the number of heads
// of queries, G that of keys and values.
type llama struct {
	config
	words  *torch.Tensor // Z^t [N,K]
	head   *torch.Tensor // [N,K], Z^t itself when tied
	blocks []block
	last   nn.RMSNorm
}

// block is one layer: attention, then a gated feed-forward net (SwiGLU, Shazeer
// 2020), each after an RMS norm and added to the stream.
type block struct {
	before1 nn.RMSNorm
	query   nn.Linear // [K] -> [H D]
	key     nn.Linear // [K] -> [G D]
	value   nn.Linear // [K] -> [G D]
	attend  nn.Attention
	project nn.Linear // [H D] -> [K]
	before2 nn.RMSNorm
	gate    nn.Linear // [K] -> [inner]
	up      nn.Linear // [K] -> [inner]
	act     nn.Activation
	down    nn.Linear // [inner] -> [K]
}

// Forward maps input embeddings to last hidden states of R of the rows, or of all.
func (g *llama) Forward(s *torch.Scope, in lm.Input, d *nn.Dropout) *torch.Tensor {
	rotary, turned := g.rotary.Batch(s, in.Text)
	h := d.Embed(s, in.X) // [S,K]
	h = nn.Layers(s, in.Checkpoint, d, g.blocks, in.Rows, func(s *torch.Scope, b block, d *nn.Dropout, rows []int64, h ...*torch.Tensor) *torch.Tensor {
		return b.apply(s, h[0], rotary, turned, d, rows) // [S,K], of the last block [R,K]
	}, h)
	return g.last.Apply(s, h) // [R,K]
}

// apply is one layer. Where only R rows are wanted, all that follows attention is
// done for those alone.
func (b block) apply(s *torch.Scope, h *torch.Tensor, r *nn.Rotary, q *nn.Sequences, d *nn.Dropout, rows []int64) *torch.Tensor {
	a := b.attention(s, h, r, q, d) // [S,H D]
	pick := nn.Pick(s, d, rows)
	a, h = pick(a), pick(h)                      // [R,H D], [R,K], and so to the end
	h = d.AddTo(s, h, b.project.Apply(s, a, d))  // [R,K]
	return d.AddTo(s, h, b.feedForward(s, h, d)) // [R,K]
}

func (b block) attention(s *torch.Scope, h *torch.Tensor, r *nn.Rotary, q *nn.Sequences, d *nn.Dropout) *torch.Tensor {
	x := b.before1.Apply(s, h)                                           // [S,K]
	query := r.Apply(s, b.query.Apply(s, x, d), b.attend.Heads, q)       // [S,H D]
	key := r.Apply(s, b.key.Apply(s, x, d), b.attend.Groups, q)          // [S,G D]
	value := b.value.Apply(s, x, d)                                      // [S,G D]
	return b.attend.Apply(s, query, key, value, q, q, nil /* bias */, d) // [S,H D]
}

func (b block) feedForward(s *torch.Scope, h *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := b.before2.Apply(s, h)                                    // [R,K]
	x = b.act.Gate(s, b.gate.Apply(s, x, d), b.up.Apply(s, x, d)) // [R,inner]
	return b.down.Apply(s, x, d)                                  // [R,K]
}

// Words is Z^t [N,K].
func (g *llama) Words() *torch.Tensor { return g.words }

// Head is tied to the words, or a table of its own.
func (g *llama) Head() lm.Head { return lm.Head{Table: g.head, Scale: 1} }

// Assemble makes the model of its weights.
func (c config) Assemble(_ *torch.Scope, w *nn.Weights) lm.Model {
	g := &llama{config: c, words: w.Tensor("embed_tokens.weight"), last: w.RMSNorm("norm", c.epsilon)}
	g.head = g.words
	if !c.tied {
		g.head = w.Tensor("lm_head.weight")
	}
	for i := range c.layers {
		at := fmt.Sprintf("layers.%d.", i)
		linear := func(name string) nn.Linear { return w.Linear(at+name, true) }
		g.blocks = append(g.blocks, block{
			before1: w.RMSNorm(at+"input_layernorm", c.epsilon),
			query:   linear("self_attn.q_proj"), key: linear("self_attn.k_proj"), value: linear("self_attn.v_proj"),
			attend:  nn.Attention{Kernel: w.Kernel, Heads: c.heads, Groups: c.groups, Scale: 1 / math.Sqrt(float64(c.width)), Causal: true},
			project: linear("self_attn.o_proj"), before2: w.RMSNorm(at+"post_attention_layernorm", c.epsilon),
			gate: linear("mlp.gate_proj"), up: linear("mlp.up_proj"), act: nn.Activation(c.activation), down: linear("mlp.down_proj"),
		})
	}
	return g
}

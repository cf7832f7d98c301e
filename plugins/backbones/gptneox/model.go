package main

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// neox is the model of Black et al. 2022, as transformers' GPTNeoXModel computes
// it. S rows are the tokens of all sequences of a batch, one after another; K is
// the width, N the number of words, H the number of heads, D = K/H their width.
type neox struct {
	config
	words  *torch.Tensor // Z^t [N,K]
	head   *torch.Tensor // [N,K], Z^t itself when tied
	blocks []block
	last   nn.LayerNorm
}

// block is one layer: attention and a feed-forward net, each after a layer norm
// and added to the stream, side by side or one after the other.
type block struct {
	parallel bool
	before1  nn.LayerNorm
	qkv      nn.Linear // [K] -> [H 3 D]: queries, keys and values of a head lie together
	attend   nn.Attention
	project  nn.Linear // [K] -> [K]
	before2  nn.LayerNorm
	widen    nn.Linear // [K] -> [inner]
	activate nn.Activation
	narrow   nn.Linear // [inner] -> [K]
}

// Forward maps input embeddings to last hidden states of R of the rows, or of all.
func (g *neox) Forward(s *torch.Scope, in lm.Input, d *nn.Dropout) *torch.Tensor {
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
	a := b.attention(s, h, r, q, d) // [S,K]
	pick := nn.Pick(s, d, rows)
	a, h = pick(a), pick(h)                          // [R,K], and so to the end
	after := d.AddTo(s, h, b.project.Apply(s, a, d)) // [R,K]
	if !b.parallel {
		h = after
	}
	return d.AddTo(s, after, b.feedForward(s, h, d)) // [R,K]
}

func (b block) attention(s *torch.Scope, h *torch.Tensor, r *nn.Rotary, q *nn.Sequences, d *nn.Dropout) *torch.Tensor {
	n, heads := h.Size(0), int64(b.attend.Heads)
	k := h.Size(1)
	x := s.Reshape(b.qkv.Apply(s, b.before1.Apply(s, h), d), n, heads, 3, k/heads) // [S,H,3,D]
	part := func(i int64) *torch.Tensor { return s.Reshape(s.Narrow(x, 2, i, 1), n, k) }
	query, key := r.Apply(s, part(0), b.attend.Heads, q), r.Apply(s, part(1), b.attend.Heads, q) // [S,K]
	return b.attend.Apply(s, query, key, part(2), q, q, nil /* bias */, d)                       // [S,K]
}

func (b block) feedForward(s *torch.Scope, h *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := b.widen.Apply(s, b.before2.Apply(s, h), d)     // [R,inner]
	return b.narrow.Apply(s, b.activate.Apply(s, x), d) // [R,K]
}

// Words is Z^t [N,K].
func (g *neox) Words() *torch.Tensor { return g.words }

// Head is a table of its own, or tied to the words.
func (g *neox) Head() lm.Head { return lm.Head{Table: g.head, Scale: 1} }

// Assemble makes the model of its weights.
func (c config) Assemble(_ *torch.Scope, w *nn.Weights) lm.Model {
	g := &neox{config: c, words: w.Tensor("embed_in.weight"), last: w.LayerNorm("final_layer_norm", c.epsilon)}
	g.head = g.words
	if !c.tied {
		g.head = w.Tensor("embed_out.weight")
	}
	for i := range c.layers {
		at := fmt.Sprintf("layers.%d.", i)
		linear := func(name string) nn.Linear { return w.Linear(at+name, true) }
		g.blocks = append(g.blocks, block{
			parallel: c.parallel, before1: w.LayerNorm(at+"input_layernorm", c.epsilon), qkv: linear("attention.query_key_value"),
			attend:  nn.Attention{Kernel: w.Kernel, Heads: c.heads, Scale: 1 / math.Sqrt(float64(c.width())), Causal: true},
			project: linear("attention.dense"), before2: w.LayerNorm(at+"post_attention_layernorm", c.epsilon),
			widen: linear("mlp.dense_h_to_4h"), activate: nn.Activation(c.activation), narrow: linear("mlp.dense_4h_to_h"),
		})
	}
	return g
}

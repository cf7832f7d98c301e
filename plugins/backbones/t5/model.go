package main

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// t5 is the model of Raffel et al. 2020, as transformers' T5Model computes it. P
// rows are the tokens of all prompts of a batch, one after another, S rows those
// of all main texts; K is the width, N the number of words, H heads of width D.
type t5 struct {
	words            *torch.Tensor // Z^t [N,K]
	head             lm.Head
	encoder, decoder stack
}

// stack is the encoder or the decoder: layers and a norm.
type stack struct {
	bias   nn.RelativeBias // of the first layer's self-attention, for all layers
	layers []layer
	last   nn.RMSNorm
}

// layer is self-attention, in the decoder attention over the encoder, and a
// feed-forward net, each after a norm and added to the stream.
type layer struct {
	self  attention
	cross *attention // nil in the encoder
	feed  feedForward
}

type attention struct {
	before     nn.RMSNorm
	q, k, v, o nn.Linear // [K] -> [H*D], o back
	attend     nn.Attention
}

type feedForward struct {
	before   nn.RMSNorm
	gate, up nn.Linear // [K] -> [inner]; up has no weights unless gated
	gated    bool
	activate nn.Activation
	narrow   nn.Linear // [inner] -> [K]
}

// Forward maps input embeddings of both sides to the decoder's last hidden states
// of R of its rows, or of all.
func (m *t5) Forward(s *torch.Scope, in lm.Input, d *nn.Dropout) *torch.Tensor {
	d.Source()
	memory := m.encoder.read(s, in, d) // [P,K]
	d.Text()
	return m.decoder.write(s, in, memory, d) // [R,K]
}

// Encode maps the input embeddings of prompts to the encoder's last hidden states.
func (m *t5) Encode(s *torch.Scope, in lm.Input) *torch.Tensor {
	return m.encoder.read(s, in, nil) // [P,K]
}

// read is the encoder.
func (e *stack) read(s *torch.Scope, in lm.Input, d *nn.Dropout) *torch.Tensor {
	h, bias := d.Embed(s, in.Source), e.diagonals(s, in.From) // [P,K], [H,2L-1]
	h = nn.Layers(s, in.Checkpoint, d, e.layers, nil, func(s *torch.Scope, l layer, d *nn.Dropout, _ []int64, x ...*torch.Tensor) *torch.Tensor {
		h := l.self.among(s, x[0], in.From, x[1], d) // [P,K]
		return l.feed.apply(s, h, d)                 // [P,K]
	}, h, bias)
	return d.Finish(s, e.last.Apply(s, h)) // [P,K]
}

// write is the decoder. Of its last layer only the rows that are wanted go beyond
// self-attention.
func (e *stack) write(s *torch.Scope, in lm.Input, memory *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	h, bias := d.Embed(s, in.X), e.diagonals(s, in.Text) // [S,K], [H,2L-1]
	h = nn.Layers(s, in.Checkpoint, d, e.layers, in.Rows, func(s *torch.Scope, l layer, d *nn.Dropout, rows []int64, x ...*torch.Tensor) *torch.Tensor {
		d.Source()
		k, v := l.cross.keys(s, x[2], d) // [P,H*D]
		d.Text()
		h := l.self.among(s, x[0], in.Text, x[1], d)                                  // [S,K]
		h, to := nn.Pick(s, d, rows)(h), in.Text.Pick(s, rows, l.cross.attend.Kernel) // [R,K], and so to the end
		h = l.cross.over(s, h, k, v, to, in.From, d)                                  // [R,K]
		return l.feed.apply(s, h, d)                                                  // [R,K]
	}, h, bias, memory)
	return d.Finish(s, e.last.Apply(s, h)) // [R,K]
}

// diagonals is the bias of every distance between rows of one sequence.
func (e *stack) diagonals(s *torch.Scope, q *nn.Sequences) *torch.Tensor {
	return e.bias.Diagonals(s, q.Longest(), q.Longest()) // [H,2L-1]
}

// among lets rows look at the rows of their own sequence.
func (a *attention) among(s *torch.Scope, h *torch.Tensor, q *nn.Sequences, bias *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := a.before.Apply(s, h)                                       // [S,K]
	k, v := a.keys(s, x, d)                                         // [S,H*D]
	y := a.attend.Apply(s, a.q.Apply(s, x, d), k, v, q, q, bias, d) // [S,H*D]
	return d.AddTo(s, h, a.o.Apply(s, y, d))                        // [S,K]
}

// over lets rows look at keys and values [P,H*D] of the encoder's rows of their
// sequence.
func (a *attention) over(s *torch.Scope, h, k, v *torch.Tensor, to, from *nn.Sequences, d *nn.Dropout) *torch.Tensor {
	x := a.q.Apply(s, a.before.Apply(s, h), d)        // [S,H*D]
	y := a.attend.Apply(s, x, k, v, to, from, nil, d) // [S,H*D]
	return d.AddTo(s, h, a.o.Apply(s, y, d))          // [S,K]
}

// keys are keys and values [S,H*D] of rows [S,K].
func (a *attention) keys(s *torch.Scope, x *torch.Tensor, d *nn.Dropout) (k, v *torch.Tensor) {
	return a.k.Apply(s, x, d), a.v.Apply(s, x, d)
}

func (f feedForward) apply(s *torch.Scope, h *torch.Tensor, d *nn.Dropout) *torch.Tensor {
	x := f.before.Apply(s, h)  // [S,K]
	y := f.gate.Apply(s, x, d) // [S,inner]
	if f.gated {
		y = f.activate.Gate(s, y, f.up.Apply(s, x, d)) // [S,inner]
	} else {
		y = f.activate.Apply(s, y) // [S,inner]
	}
	y = f.narrow.Apply(s, d.Inside(s, y), d) // [S,K]
	return d.AddTo(s, h, y)                  // [S,K]
}

// Words is Z^t [N,K].
func (m *t5) Words() *torch.Tensor { return m.words }

// Head is the words' table of h K^-0.5 in T5, and a matrix of its own after it.
func (m *t5) Head() lm.Head { return m.head }

// Assemble makes the model of its weights.
func (c config) Assemble(_ *torch.Scope, w *nn.Weights) lm.Model {
	m := &t5{words: w.Tensor("shared.weight"), encoder: c.stack(w, "encoder", c.encoders), decoder: c.stack(w, "decoder", c.decoders)}
	m.head = lm.Head{Table: m.words, Scale: 1 / math.Sqrt(float64(c.hidden))}
	if !c.tied {
		m.head = lm.Head{Table: w.Tensor("lm_head.weight"), Scale: 1}
	}
	return m
}

func (c config) stack(w *nn.Weights, name string, layers int) stack {
	e := stack{last: w.RMSNorm(name+".final_layer_norm", c.epsilon), bias: nn.RelativeBias{
		Table:   w.Tensor(name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
		Buckets: c.buckets, MaxDistance: c.distance, Bidirectional: name == "encoder"}}
	for i := range layers {
		at := fmt.Sprintf("%s.block.%d.layer.", name, i)
		l := layer{self: c.attention(w, at+"0.", "SelfAttention", name == "decoder")}
		if name == "encoder" {
			l.feed = c.feedForward(w, at+"1.")
		} else {
			cross := c.attention(w, at+"1.", "EncDecAttention", false)
			l.cross, l.feed = &cross, c.feedForward(w, at+"2.")
		}
		e.layers = append(e.layers, l)
	}
	return e
}

// attention has no factor on its scores: it is in the weights of the queries.
func (c config) attention(w *nn.Weights, at, name string, causal bool) attention {
	linear := func(part string) nn.Linear { return w.Linear(at+name+"."+part, true) }
	return attention{before: w.RMSNorm(at+"layer_norm", c.epsilon), q: linear("q"), k: linear("k"), v: linear("v"), o: linear("o"),
		attend: nn.Attention{Kernel: w.Kernel, Heads: c.heads, Scale: 1, Causal: causal}}
}

func (c config) feedForward(w *nn.Weights, at string) feedForward {
	linear := func(name string) nn.Linear { return w.Linear(at+"DenseReluDense."+name, true) }
	f := feedForward{before: w.RMSNorm(at+"layer_norm", c.epsilon), narrow: linear("wo"), gated: c.gated, activate: nn.Activation(c.activation)}
	if c.gated {
		f.gate, f.up = linear("wi_0"), linear("wi_1")
	} else {
		f.gate = linear("wi")
	}
	return f
}

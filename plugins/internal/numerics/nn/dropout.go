package nn

import (
	"cllm4rec/plugins/internal/numerics/torch"
)

// Dropout deals out rates and seeds, one seed per place in the model, in the order
// in which the places draw. A nil Dropout drops nothing.
type Dropout struct {
	// Rates in [0, 1): of the embeddings, the attention weights, the residual
	// branches, the inside of the feed-forward net and what leaves the last norm.
	Embedding, Attention, Residual, Inner, Final float64
	// Seed is the step's; every place in the model gets its own from it.
	Seed uint64
	// Base says where this part of a batch begins in the whole batch.
	Base  Base
	drawn uint64
	rows  rows
}

// Base counts what comes before a micro-batch in its batch. On a CPU with packed
// attention the parts of a batch then draw what the whole batch would.
type Base struct {
	Rows      int64 // rows of the decoder's (or only) packed sequences
	Source    int64 // rows of the encoder's
	Picked    int64 // rows that predict
	Sequences int64 // of the batch: its examples
}

// rows says which rows pass through the model at present.
type rows int

const (
	textRows rows = iota
	sourceRows
	pickedRows
)

// Text says that from here on the rows are those of the decoder's or only sequences;
// so it is at the start.
func (d *Dropout) Text() { d.pass(textRows) }

// Source says that from here on the rows are those of the encoder's sequences.
func (d *Dropout) Source() { d.pass(sourceRows) }

// Picked says that from here on only the rows that predict are left.
func (d *Dropout) Picked() { d.pass(pickedRows) }

func (d *Dropout) pass(r rows) {
	if d != nil {
		d.rows = r
	}
}

// state is all that drawing depends on; the zero Dropout for nil.
func (d *Dropout) state() Dropout {
	if d == nil {
		return Dropout{}
	}
	return *d
}

func (d *Dropout) restore(state Dropout) {
	if d != nil {
		*d = state
	}
}

// next is the seed of the next place (SplitMix64's sequence).
func (d *Dropout) next() uint64 {
	d.drawn++
	z := d.Seed + d.drawn*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	return z ^ z>>27
}

func (d *Dropout) first() int64 {
	switch d.rows {
	case sourceRows:
		return d.Base.Source
	case pickedRows:
		return d.Base.Picked
	default:
		return d.Base.Rows
	}
}

// drop drops from rows [S,..]. A rate of 0 draws no seed.
func (d *Dropout) drop(s *torch.Scope, x *torch.Tensor, rate float64) *torch.Tensor {
	if rate == 0 {
		return x
	}
	return s.Dropout(x, torch.Drop{Rate: rate, Seed: d.next(), First: d.first()})
}

// Embed drops from the embeddings [S,K].
func (d *Dropout) Embed(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	if d == nil {
		return x
	}
	return d.drop(s, x, d.Embedding)
}

// Inside drops inside the feed-forward net, after its activation: T5's [S,inner].
func (d *Dropout) Inside(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	if d == nil {
		return x
	}
	return d.drop(s, x, d.Inner)
}

// Finish drops from what leaves the last norm, as T5 does: [S,K].
func (d *Dropout) Finish(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	if d == nil {
		return x
	}
	return d.drop(s, x, d.Final)
}

// AddTo adds a branch y, after dropout, to the stream x, both [S,K].
func (d *Dropout) AddTo(s *torch.Scope, x, y *torch.Tensor) *torch.Tensor {
	if d == nil || d.Residual == 0 {
		return s.Add(x, y)
	}
	return s.DropoutAdd(y, x, torch.Drop{Rate: d.Residual, Seed: d.next(), First: d.first()})
}

// weights is the dropout of one attention layer.
func (d *Dropout) weights() torch.Drop {
	if d == nil || d.Attention == 0 {
		return torch.Drop{}
	}
	return torch.Drop{Rate: d.Attention, Seed: d.next(), First: d.Base.Sequences}
}

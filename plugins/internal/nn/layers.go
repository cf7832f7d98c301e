package nn

import (
	"cllm4rec/plugins/internal/torch"
)

// Linear is x W + b. B is nil in a layer without bias.
type Linear struct {
	W, B *torch.Tensor
	// OutIn: W is [O,I], the layout of torch.nn.Linear; else it is [I,O], that of
	// GPT-2's Conv1D.
	OutIn bool
	// LoRA is added when it is not nil.
	LoRA *LoRA
}

// LoRA is a low-rank addition to a frozen layer (Hu et al. 2022):
// Scale * dropout(x) A^T B^T, with A [R,I] and B [O,R].
type LoRA struct {
	A, B    *torch.Tensor
	Scale   float64 // alpha / R
	Dropout float64
}

// Apply maps x [S,I] to [S,O].
func (l Linear) Apply(s *torch.Scope, x *torch.Tensor, d *Dropout) *torch.Tensor {
	w := l.W
	if l.OutIn {
		w = s.Transpose(w, 0, 1) // [I,O]
	}
	var y *torch.Tensor
	if l.B != nil {
		y = s.Affine(l.B, x, w)
	} else {
		y = s.MatMul(x, w)
	}
	if l.LoRA == nil {
		return y
	}
	return s.Add(y, l.LoRA.apply(s, x, d))
}

func (a *LoRA) apply(s *torch.Scope, x *torch.Tensor, d *Dropout) *torch.Tensor {
	if d != nil && a.Dropout > 0 {
		x = s.Dropout(x, a.Dropout, d.next())
	}
	low := s.MatMul(x, s.Transpose(a.A, 0, 1))                     // [S,R]
	return s.Scale(s.MatMul(low, s.Transpose(a.B, 0, 1)), a.Scale) // [S,O]
}

// LayerNorm normalises rows of K numbers (Ba et al. 2016); weight and bias are [K].
type LayerNorm struct {
	W, B *torch.Tensor
	Eps  float64
}

// Apply keeps the shape [S,K].
func (n LayerNorm) Apply(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	return s.LayerNorm(x, n.W, n.B, n.Eps)
}

// Dropout deals out rates and seeds. A nil Dropout drops nothing.
type Dropout struct {
	// Rates in [0, 1): of the embeddings, the attention weights and the residual branches.
	Embedding, Attention, Residual float64
	// Seed is the step's; every place in the model gets its own from it.
	Seed  uint64
	drawn uint64
}

// next is the seed of the next place (SplitMix64's sequence).
func (d *Dropout) next() uint64 {
	d.drawn++
	z := d.Seed + d.drawn*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	return z ^ z>>27
}

// Embed drops from the embeddings [S,K].
func (d *Dropout) Embed(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	if d == nil || d.Embedding == 0 {
		return x
	}
	return s.Dropout(x, d.Embedding, d.next())
}

// AddTo adds a branch y, after dropout, to the stream x, both [S,K].
func (d *Dropout) AddTo(s *torch.Scope, x, y *torch.Tensor) *torch.Tensor {
	if d == nil || d.Residual == 0 {
		return s.Add(x, y)
	}
	return s.DropoutAdd(y, x, d.Residual, d.next())
}

// attention is the rate and seed of one attention layer.
func (d *Dropout) attention() (float64, uint64) {
	if d == nil || d.Attention == 0 {
		return 0, 0
	}
	return d.Attention, d.next()
}

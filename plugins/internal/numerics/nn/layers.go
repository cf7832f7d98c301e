package nn

import (
	"cllm4rec/plugins/internal/numerics/torch"
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

// Apply maps x [S,I] to [S,O]. Weights of another dtype than x are rounded to it.
func (l Linear) Apply(s *torch.Scope, x *torch.Tensor, d *Dropout) *torch.Tensor {
	w := s.Cast(l.W, x.DType())
	if l.OutIn {
		w = s.Transpose(w, 0, 1) // [I,O]
	}
	var y *torch.Tensor
	if l.B != nil {
		y = s.Affine(s.Cast(l.B, x.DType()), x, w)
	} else {
		y = s.MatMul(x, w)
	}
	if l.LoRA == nil {
		return y
	}
	return s.Add(y, l.LoRA.apply(s, x, d))
}

func (a *LoRA) apply(s *torch.Scope, x *torch.Tensor, d *Dropout) *torch.Tensor {
	if d != nil {
		x = d.drop(s, x, a.Dropout)
	}
	down, up := s.Cast(a.A, x.DType()), s.Cast(a.B, x.DType())
	low := s.MatMul(x, s.Transpose(down, 0, 1))                   // [S,R]
	return s.Scale(s.MatMul(low, s.Transpose(up, 0, 1)), a.Scale) // [S,O]
}

// LayerNorm normalises rows of K numbers (Ba et al. 2016); weight and bias are [K].
type LayerNorm struct {
	W, B *torch.Tensor
	Eps  float64
}

// Apply keeps the shape [S,K].
func (n LayerNorm) Apply(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	return s.LayerNorm(x, s.Cast(n.W, x.DType()), s.Cast(n.B, x.DType()), n.Eps)
}

// RMSNorm divides rows of K numbers by their root mean square (Zhang & Sennrich
// 2019), in float32; the weight is [K].
type RMSNorm struct {
	W   *torch.Tensor
	Eps float64
}

// Apply keeps the shape [S,K].
func (n RMSNorm) Apply(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	return s.RMSNorm(x, n.W, n.Eps)
}

// Layer is body(in), with gradient checkpointing when on: of all that body makes
// only the result is kept, and the rest is made again in the backward pass, with
// the same dropout. Without gradients the rest is never kept. body must draw from the Dropout that it is given, and take
// what needs a gradient from in or from trained leaves.
func Layer(s *torch.Scope, on bool, d *Dropout, body func(*torch.Scope, *Dropout, ...*torch.Tensor) *torch.Tensor, in ...*torch.Tensor) *torch.Tensor {
	if !on {
		return s.Passing(func(s *torch.Scope, in ...*torch.Tensor) *torch.Tensor { return body(s, d, in...) }, in...)
	}
	before := d.state()
	return s.Checkpoint(func(s *torch.Scope, in ...*torch.Tensor) *torch.Tensor {
		d.restore(before)
		return body(s, d, in...)
	}, in...)
}

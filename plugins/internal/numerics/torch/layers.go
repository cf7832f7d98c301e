package torch

// #include "glue.h"
import "C"

// Drop says what dropout drops. On a CPU that is a function of the seed and the
// place alone, not of the threads; elsewhere of the seed and the shape.
type Drop struct {
	Rate float64 // in [0, 1)
	Seed uint64
	// First is the number that the first row (in attention: the first sequence) has
	// in the whole batch, so that a part of a batch draws what the whole would.
	First int64
}

func (d Drop) c() C.glue_drop {
	return C.glue_drop{rate: C.double(d.Rate), seed: C.uint64_t(d.Seed), first: C.int64_t(d.First)}
}

// Dropout sets elements to zero with probability d.Rate and scales up the rest.
func (s *Scope) Dropout(x *Tensor, d Drop) *Tensor {
	if d.Rate == 0 {
		return x
	}
	return s.fused("dropout", func(out *C.glue_tensor) C.glue_error {
		return C.glue_dropout_add(out, x.c(), nil, d.c())
	}, x)
}

// DropoutAdd is residual + dropout(x), both of one shape.
func (s *Scope) DropoutAdd(x, residual *Tensor, d Drop) *Tensor {
	if d.Rate == 0 {
		return s.Add(residual, x)
	}
	return s.fused("dropout_add", func(out *C.glue_tensor) C.glue_error {
		return C.glue_dropout_add(out, x.c(), residual.c(), d.c())
	}, x, residual)
}

// Activation is a function of single numbers.
type Activation int

// The activations.
const (
	GELUTanh Activation = C.GLUE_GELU_TANH // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
	GELU     Activation = C.GLUE_GELU      // x Phi(x)
	ReLU     Activation = C.GLUE_RELU      // max(0, x)
	SiLU     Activation = C.GLUE_SILU      // x sigmoid(x)
	Tanh     Activation = C.GLUE_TANH
)

// Activate applies a to each element.
func (s *Scope) Activate(x *Tensor, a Activation) *Tensor {
	return s.fused("activate", func(out *C.glue_tensor) C.glue_error {
		return C.glue_activate(out, x.c(), C.int(a))
	}, x)
}

// Gate is a(gate) up, element by element.
func (s *Scope) Gate(gate, up *Tensor, a Activation) *Tensor {
	return s.fused("gate", func(out *C.glue_tensor) C.glue_error {
		return C.glue_gate(out, gate.c(), up.c(), C.int(a))
	}, gate, up)
}

// RMSNorm divides rows of x [..,K] by the root of their mean square plus eps, in
// float32, rounds to x's dtype and multiplies by weight [K].
func (s *Scope) RMSNorm(x, weight *Tensor, eps float64) *Tensor {
	return s.fused("rms_norm", func(out *C.glue_tensor) C.glue_error {
		return C.glue_rms_norm(out, x.c(), weight.c(), C.double(eps))
	}, x, weight)
}

// Rotate turns each head's pairs (c, c+R/2), c < R/2, of x [S,H D] by the angles
// of its row: cos and sin [P,R/2] float32, positions [S] in 0..P-1. Columns from
// R on stay.
func (s *Scope) Rotate(x, cos, sin, positions *Tensor, heads int) *Tensor {
	return s.fused("rotate", func(out *C.glue_tensor) C.glue_error {
		return C.glue_rotate(out, x.c(), cos.c(), sin.c(), positions.c(), C.int(heads))
	}, x, cos, sin, positions)
}

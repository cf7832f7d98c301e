package nn

import (
	"fmt"

	"cllm4rec/plugins/internal/torch"
)

// Activation names the nonlinearity of a feed-forward layer, as package hf does.
type Activation string

// The activations.
const (
	GELUTanh Activation = "gelu_new" // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
	GELU     Activation = "gelu"     // x Phi(x), exact
	ReLU     Activation = "relu"
	SiLU     Activation = "silu" // x sigmoid(x)
	Tanh     Activation = "tanh"
)

var activations = map[Activation]torch.Activation{
	GELUTanh: torch.GELUTanh, GELU: torch.GELU, ReLU: torch.ReLU, SiLU: torch.SiLU, Tanh: torch.Tanh,
}

// Apply computes the activation of each element.
func (a Activation) Apply(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	return s.Activate(x, a.known(s))
}

// Gate is the activation of gate, times up: SwiGLU with SiLU, GEGLU with GELU
// (Shazeer 2020).
func (a Activation) Gate(s *torch.Scope, gate, up *torch.Tensor) *torch.Tensor {
	return s.Gate(gate, up, a.known(s))
}

func (a Activation) known(s *torch.Scope) torch.Activation {
	known, ok := activations[a]
	if !ok {
		s.Fail(fmt.Errorf("activation %q is not known; known are gelu_new, gelu, relu, silu, tanh", a))
	}
	return known
}

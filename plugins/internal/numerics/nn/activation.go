package nn

import (
	"fmt"

	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Activation is the nonlinearity of a feed-forward layer.
type Activation hf.Activation

var activations = map[hf.Activation]torch.Activation{
	hf.GELUTanh: torch.GELUTanh, hf.GELU: torch.GELU, hf.ReLU: torch.ReLU, hf.SiLU: torch.SiLU, hf.Tanh: torch.Tanh,
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
	known, ok := activations[hf.Activation(a)]
	if !ok {
		s.Fail(fmt.Errorf("activation %q is not known; known are gelu_new, gelu, relu, silu, tanh", a))
	}
	return known
}

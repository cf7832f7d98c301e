package nn

import (
	"fmt"

	"cllm4rec/plugins/internal/numerics/torch"
)

// Weights hands out the layers of a model by their names in its folder. It
// remembers the first name that it does not know.
type Weights struct {
	Tensors map[string]*torch.Tensor // by full name, such as "h.0.ln_1.weight"
	LoRA    map[string]*LoRA         // by layer, such as "h.0.attn.c_attn"
	Kernel  Kernel                   // of attention
	err     error
}

// Err names the first weight that was asked for and is not there.
func (w *Weights) Err() error { return w.err }

// Tensor is one weight.
func (w *Weights) Tensor(name string) *torch.Tensor {
	t := w.Tensors[name]
	if t == nil && w.err == nil {
		w.err = fmt.Errorf("the model has no weight %q", name)
	}
	return t
}

// Linear is the layer whose matrix is name.weight, [O,I] if outIn, else [I,O],
// with name.bias where that exists and the low-rank addition where it has one.
func (w *Weights) Linear(name string, outIn bool) Linear {
	return Linear{W: w.Tensor(name + ".weight"), B: w.Tensors[name+".bias"], OutIn: outIn, LoRA: w.LoRA[name]}
}

// LayerNorm is the norm with name.weight and name.bias.
func (w *Weights) LayerNorm(name string, eps float64) LayerNorm {
	return LayerNorm{W: w.Tensor(name + ".weight"), B: w.Tensor(name + ".bias"), Eps: eps}
}

// RMSNorm is the norm with name.weight.
func (w *Weights) RMSNorm(name string, eps float64) RMSNorm {
	return RMSNorm{W: w.Tensor(name + ".weight"), Eps: eps}
}

package torch

import "github.com/sugarme/gotch/libtch"

// Copy is a tensor of its own with the values of another, in a dtype. No gradient
// flows through it.
func (s *Scope) Copy(t *Tensor, to DType) *Tensor {
	var out *Tensor
	s.NoGrad(func() {
		out = s.call("copy", func(out *libtch.Ctensor) { libtch.AtgToDtype(out, t.handle, int32(to), 0, 1) }, t)
	})
	return out
}

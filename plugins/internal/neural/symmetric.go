package neural

import "cllm4rec/plugins/internal/numerics/torch"

// symmetric is y = f(P) for a linear f that is its own transpose.
type symmetric struct {
	name string
	f    func(x *torch.Tensor) *torch.Tensor
	leaf *torch.Tensor // y, cut off from P
}

// Symmetric is f of a parameter for a linear f that is its own transpose, such as
// steps through an undirected graph. The parameter's gradient is f of the result's,
// so that the way back costs what the way there does.
func (s *Step) Symmetric(name string, f func(x *torch.Tensor) *torch.Tensor) *torch.Tensor {
	var y *torch.Tensor
	s.NoGrad(func() { y = f(s.P(name)) })
	if !s.Training {
		return y
	}
	y = s.Train(y)
	s.maps = append(s.maps, symmetric{name, f, y})
	return y
}

// backward gives every leaf its gradient.
func (s *Step) backward(loss *torch.Tensor) {
	s.Backward(loss)
	for _, m := range s.maps {
		g := s.Gradient(m.leaf)
		if g == nil {
			continue
		}
		var back *torch.Tensor
		s.NoGrad(func() { back = m.f(g) })
		s.Backward(s.Sum(s.Mul(s.P(m.name), back))) // whose gradient is back
	}
}

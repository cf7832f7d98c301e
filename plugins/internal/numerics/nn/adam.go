package nn

import (
	"cllm4rec/plugins/internal/numerics/torch"
)

// Adam is torch.optim.Adam (Kingma & Ba 2015) over some leaves: dense moments,
// betas 0.9 and 0.999, eps 1e-8.
type Adam struct {
	Leaves []*torch.Tensor
	First  []*torch.Tensor // moments, one per leaf and of its shape
	Second []*torch.Tensor
	Steps  int64 // taken so far
	Decay  float64
}

// NewAdam makes an optimiser with zero moments that belong to the scope.
func NewAdam(s *torch.Scope, leaves ...*torch.Tensor) *Adam {
	a := &Adam{Leaves: leaves}
	for _, leaf := range leaves {
		a.First = append(a.First, s.Zeros(leaf.Shape()...))
		a.Second = append(a.Second, s.Zeros(leaf.Shape()...))
	}
	return a
}

// Reset forgets moments and steps.
func (a *Adam) Reset(s *torch.Scope) {
	a.Steps = 0
	for _, moment := range append(append([]*torch.Tensor{}, a.First...), a.Second...) {
		s.Write(moment, make([]float32, size(moment)))
	}
}

func size(t *torch.Tensor) int64 {
	n := int64(1)
	for _, d := range t.Shape() {
		n *= d
	}
	return n
}

// Step applies the leaves' gradients, each times clip, and forgets them.
func (a *Adam) Step(s *torch.Scope, rate, clip float64) {
	s.Adam(a.Leaves, a.First, a.Second, torch.AdamStep{
		Rate: rate, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: a.Decay, Clip: clip, Step: a.Steps + 1,
	})
	s.ClearGrad(a.Leaves)
	if s.Err() == nil {
		a.Steps++
	}
}

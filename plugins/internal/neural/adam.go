package neural

import (
	"math"

	"cllm4rec/plugins/internal/numerics/torch"
)

// Adam's constants (Kingma & Ba 2015).
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// moveDense is a step of Adam on a whole tensor, as torch.optim.Adam computes it. A
// tensor without a gradient rests.
func moveDense(s *torch.Scope, t *parameter, rate float64) {
	if s.Gradient(t.value) == nil {
		return
	}
	t.steps++
	s.Adam([]*torch.Tensor{t.value}, []*torch.Tensor{t.first}, []*torch.Tensor{t.second},
		torch.AdamStep{Rate: rate, Beta1: beta1, Beta2: beta2, Eps: epsilon, Clip: 1, Step: t.steps})
}

// moveRows is a step of Adam on the rows [n] of a table by their gradients g [n,K]:
//
//	m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,
//	row <- row - rate/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps)
//
// with the number t of steps of the table, as torch.optim.SparseAdam computes it.
func moveRows(s *torch.Scope, t *parameter, rows, g *torch.Tensor, rate float64) {
	t.steps++
	step := float64(t.steps)
	m := s.Add(s.Scale(s.Rows(t.first, rows), beta1), s.Scale(g, 1-beta1))            // [n,K]
	v := s.Add(s.Scale(s.Rows(t.second, rows), beta2), s.Scale(s.Square(g), 1-beta2)) // [n,K]
	below := s.Shift(s.Scale(s.Sqrt(v), 1/math.Sqrt(1-math.Pow(beta2, step))), epsilon)
	move := s.Scale(s.Div(m, below), -rate/(1-math.Pow(beta1, step))) // [n,K]
	s.AddRows(t.value, rows, move)
	s.SetRows(t.first, rows, m)
	s.SetRows(t.second, rows, v)
}

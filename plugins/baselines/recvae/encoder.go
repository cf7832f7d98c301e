package main

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// encode gives mean and logarithm of the variance of q(z|x) by the encoder or the old
// one (section 3.2): five layers, each of which sees the sum of all before it.
//
//	h_1 = norm(swish(W_1 x/|x| + b_1)),  h_k = norm(swish(W_k h_(k-1) + b_k + h_1 + ... + h_(k-1)))
func (m *model) encode(s *neural.Step, which string, rows [][]int32, dropout float64) (mean, logVariance *torch.Tensor) {
	x := s.Add(s.Encode(which+".0.weight", rows, dropout), s.P(which+".0.bias")) // [B,H]
	h := s.Norm(which+".norm0", swish(s, x), epsilon)                            // [B,H]
	sum := h
	for i := 1; i < layers; i++ {
		x = s.Add(s.Linear(fmt.Sprintf("%s.%d", which, i), h), sum)          // [B,H]
		h = s.Norm(fmt.Sprintf("%s.norm%d", which, i), swish(s, x), epsilon) // [B,H]
		sum = s.Add(sum, h)
	}
	return s.Linear(which+".mean", h), s.Linear(which+".variance", h) // [B,Z]
}

// swish is x s(x) = x/2 (1 + tanh(x/2)). libtorch's own rounds a number by its place
// in the tensor, so that a ranking would depend on the queries beside it.
func swish(s *neural.Step, x *torch.Tensor) *torch.Tensor {
	return s.Scale(s.Mul(x, s.Shift(s.Activate(s.Scale(x, .5), torch.Tanh), 1)), .5)
}

// density is ln N(z; mean, variance) of each number of a code: [B,Z].
func (m *model) density(s *neural.Step, z, mean, logVariance *torch.Tensor) *torch.Tensor {
	square := s.Div(s.Square(s.Sub(z, mean)), s.Exp(logVariance)) // [B,Z]
	return s.Scale(s.Shift(s.Add(logVariance, square), math.Log(2*math.Pi)), -.5)
}

// The composite prior's parts (section 3.3): their weights, and the logarithm of the
// variance of the wide one, as in the authors' code.
const (
	standardWeight = .15 // N(0, 1)
	oldWeight      = .75 // the old encoder's q(z|x)
	wideWeight     = .1  // N(0, e^10)
	wideVariance   = 10
)

// prior is the logarithm of the composite prior of each number of a code: [B,Z].
func (m *model) prior(s *neural.Step, z *torch.Tensor, rows [][]int32) *torch.Tensor {
	var mean, logVariance *torch.Tensor
	s.NoGrad(func() { mean, logVariance = m.encode(s, old, rows, 0) }) // [B,Z]
	zero := s.Zeros(z.Shape()...)
	part := func(weight float64, mean, logVariance *torch.Tensor) *torch.Tensor {
		return s.Reshape(s.Shift(m.density(s, z, mean, logVariance), math.Log(weight)), -1, 1) // [B*Z,1]
	}
	parts := s.Join(1, part(standardWeight, zero, zero), part(oldWeight, mean, logVariance),
		part(wideWeight, zero, s.Shift(zero, wideVariance))) // [B*Z,3]
	return s.Reshape(s.LogSumExp(parts), z.Shape()...)
}

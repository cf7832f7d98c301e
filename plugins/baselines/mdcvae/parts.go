package main

import (
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// sample draws from N(mean, variance).
func sample(s *neural.Step, mean, logVariance *torch.Tensor) *torch.Tensor {
	return s.Add(mean, s.Mul(s.Exp(s.Scale(logVariance, .5)), s.Noise(mean.Shape()...)))
}

// divergence is the sum over rows of KL(N(mean, variance) || N(0, I)).
func divergence(s *neural.Step, mean, logVariance *torch.Tensor) *torch.Tensor {
	far := s.Sub(s.Add(s.Exp(logVariance), s.Square(mean)), s.Shift(logVariance, 1))
	return s.Scale(s.Sum(s.SumLast(far)), .5)
}

// halves cuts [B,2K] in two.
func halves(s *neural.Step, x *torch.Tensor) (left, right *torch.Tensor) {
	k := x.Size(1) / 2
	return s.Narrow(x, 1, 0, k), s.Narrow(x, 1, k, k)
}

// content are the features of items beside each other, [len(items), F].
func (m *model) content(items []int32) []float32 {
	width := m.data.Width
	values := make([]float32, len(items)*width)
	for i, item := range items {
		row := values[i*width : (i+1)*width]
		for _, f := range m.features {
			if f.Dense != nil {
				copy(row, f.Dense[int(item)*f.Width:(int(item)+1)*f.Width])
			} else {
				weights := f.Sparse.Values(int(item))
				for k, column := range f.Sparse.Row(int(item)) {
					row[column] = weights[k]
				}
			}
			row = row[f.Width:]
		}
	}
	return values
}

func wide(items []int32) []int64 {
	out := make([]int64, len(items))
	for i, item := range items {
		out[i] = int64(item)
	}
	return out
}

func span(lo, hi int) []int32 {
	items := make([]int32, 0, hi-lo)
	for i := lo; i < hi; i++ {
		items = append(items, int32(i))
	}
	return items
}

package main

import (
	"fmt"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/linalg"
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

// beside puts feature matrices side by side: in one sparse matrix where all are
// sparse, else in one dense one, whose size is checked first.
func beside(items int, features []*baseline.Features) (sparse *linalg.CSR, dense []float32, width int, err error) {
	all := true
	for _, f := range features {
		width += f.Width
		all = all && f.Sparse != nil
	}
	if all {
		return join(items, width, features), nil, width, nil
	}
	what := fmt.Sprintf("item features [%d x %d], of which some are dense", items, width)
	if err := baseline.RoomFor(4*float64(items)*float64(width), what, "give sparse features alone, or narrower ones"); err != nil {
		return nil, nil, 0, err
	}
	dense = make([]float32, items*width)
	first := 0
	for _, f := range features {
		for item := range items {
			row := dense[item*width+first:][:f.Width]
			if f.Dense != nil {
				copy(row, f.Dense[item*f.Width:])
				continue
			}
			for k, column := range f.Sparse.Row(item) {
				row[column] = f.Sparse.Values(item)[k]
			}
		}
		first += f.Width
	}
	return nil, dense, width, nil
}

// join puts sparse matrices side by side.
func join(items, width int, features []*baseline.Features) *linalg.CSR {
	x := &linalg.CSR{Rows: items, Cols: width, Ptr: []int{0}, Value: []float32{}}
	for item := range items {
		first := int32(0)
		for _, f := range features {
			for k, column := range f.Sparse.Row(item) {
				x.Index, x.Value = append(x.Index, first+column), append(x.Value, f.Sparse.Values(item)[k])
			}
			first += int32(f.Width)
		}
		x.Ptr = append(x.Ptr, x.NNZ())
	}
	return x
}

// weigh is f T for the features f of items and the parameter T [F,K]: [B,K]. Sparse
// features cost what they have.
func (m *model) weigh(s *neural.Step, table string, items []int32) *torch.Tensor {
	if m.sparse == nil {
		return s.MatMul(m.dense(s, items), s.P(table))
	}
	var columns, starts []int64
	var values []float32
	for _, item := range items {
		starts = append(starts, int64(len(columns)))
		columns, values = append(columns, wide(m.sparse.Row(int(item)))...), append(values, m.sparse.Values(int(item))...)
	}
	n := int64(len(columns))
	if n == 0 {
		return s.Zeros(int64(len(items)), s.P(table).Size(1))
	}
	return s.Bag(s.P(table), s.Ints(columns, n), s.Ints(starts, int64(len(starts))), s.Floats(values, n))
}

// dense are the features of items, [B,F].
func (m *model) dense(s *neural.Step, items []int32) *torch.Tensor {
	width := m.data.Width
	var values []float32
	for _, item := range items {
		values = append(values, m.values[int(item)*width:(int(item)+1)*width]...)
	}
	return s.Floats(values, int64(len(items)), int64(width))
}

// weights are the sums of the sparse features of items.
func (m *model) weights(items []int32) []float32 {
	sums := make([]float32, len(items))
	for i, item := range items {
		for _, v := range m.sparse.Values(int(item)) {
			sums[i] += v
		}
	}
	return sums
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

package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// features are the matrices of items, side by side: F [items,W].
type features struct {
	width    int
	matrices []*baseline.Features
}

// itemFeatures takes the matrices of items. Those of users are left out: a history
// without a user has none.
func itemFeatures(d *neural.Data) features {
	var f features
	for _, m := range d.Features {
		if m.Entity == contract.EntityItem {
			f.width, f.matrices = f.width+m.Width, append(f.matrices, m)
		}
	}
	return f
}

// times is F_i W of some items with the parameter W [width,H]: [n,H].
func (f features) times(s *neural.Step, name string, items []int64) *torch.Tensor {
	w := s.P(name)
	sum := s.Zeros(int64(len(items)), w.Size(1))
	at := int64(0)
	for _, m := range f.matrices {
		part := s.Narrow(w, 0, at, int64(m.Width)) // [width of m,H]
		if m.Dense != nil {
			sum = s.Add(sum, s.MatMul(dense(s, m, items), part))
		} else {
			sum = s.Add(sum, sparse(s, m, items, part))
		}
		at += int64(m.Width)
	}
	return sum
}

// dense are the rows of a dense matrix.
func dense(s *neural.Step, m *baseline.Features, items []int64) *torch.Tensor {
	rows := make([]float32, 0, len(items)*m.Width)
	for _, i := range items {
		rows = append(rows, m.Dense[int(i)*m.Width:(int(i)+1)*m.Width]...)
	}
	return s.Floats(rows, int64(len(items)), int64(m.Width))
}

// sparse is the rows of a sparse matrix times w.
func sparse(s *neural.Step, m *baseline.Features, items []int64, w *torch.Tensor) *torch.Tensor {
	var columns, starts []int64
	var values []float32
	for _, i := range items {
		starts = append(starts, int64(len(columns)))
		columns = append(columns, neural.Wide(m.Sparse.Row(int(i)))...)
		values = append(values, m.Sparse.Values(int(i))...)
	}
	n := int64(len(columns))
	if n == 0 {
		return s.Zeros(int64(len(items)), w.Size(1))
	}
	return s.Bag(w, s.Ints(columns, n), s.Ints(starts, int64(len(items))), s.Floats(values, n))
}

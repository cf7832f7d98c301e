package main

import (
	"math"

	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/torch"
)

// graph is the symmetric matrix A of users and items with
//
//	A_ui = A_iu = 1/sqrt(|N_u| |N_i|)   for an interaction (u, i), else 0
//
// (eq. 8) by its rows: users before items.
type graph struct {
	index, starts []int64
	weights       []float32
}

func newGraph(x *linalg.CSR) *graph {
	counts, t := x.ColumnCounts(), x.Transpose()
	g := &graph{}
	side := func(rows *linalg.CSR, degree func(column int32) int, first int) {
		for r := range rows.Rows {
			g.starts = append(g.starts, int64(len(g.index)))
			for _, c := range rows.Row(r) {
				g.index = append(g.index, int64(first)+int64(c))
				g.weights = append(g.weights, float32(1/math.Sqrt(float64(len(rows.Row(r)))*float64(degree(c)))))
			}
		}
	}
	side(x, func(item int32) int { return int(counts[item]) }, x.Rows)
	side(t, func(user int32) int { return len(x.Row(int(user))) }, 0)
	return g
}

// matrix is the graph on the device.
type matrix struct{ index, starts, weights *torch.Tensor }

func (g *graph) tensors(s *neural.Step) matrix {
	n := int64(len(g.index))
	return matrix{s.Ints(g.index, n), s.Ints(g.starts, int64(len(g.starts))), s.Floats(g.weights, n)}
}

package main

import (
	"context"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// walk computes w_ij = sum_u p(i to u)^alpha p(u to j)^alpha / n_j^beta with w_ii = 0,
// where a step's probability is an entry's share of its row, and n_j is how many users
// have j. It keeps the largest w_ij of every source i, of equal ones those with the
// smaller index.
func walk(ctx context.Context, x *linalg.CSR, w baseline.Work[Params]) (*neighbours.Matrix, error) {
	p, items := w.Params, int64(x.Cols)
	if err := neighbours.CheckItems(x, p.Neighbours, "RP3beta"); err != nil {
		return nil, err
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Total: items, Unit: "item"})
	counts := x.ColumnCounts()
	toUsers, toItems := steps(x.Transpose(), p.Alpha), steps(x, p.Alpha)
	divisor := make([]float64, x.Cols)
	for j, n := range counts {
		divisor[j] = math.Pow(float64(n), p.Beta)
	}
	sources := make([][]neighbours.Entry, x.Cols)
	selectors := make([]neighbours.Selector, w.Threads)
	err := linalg.Products(ctx, toUsers, toItems, w.Threads, func(worker, i int, columns []int32, values []float64) {
		list := make([]neighbours.Entry, 0, len(columns))
		for k, j := range columns {
			if int(j) != i {
				list = append(list, neighbours.Entry{Index: j, Value: values[k] / divisor[j]})
			}
		}
		sources[i] = selectors[worker].Keep(list, p.Neighbours, neighbours.TiesIndex, x.Cols)
	})
	if err != nil {
		return nil, err
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Done: items, Total: items, Unit: "item"})
	return neighbours.FromSources(sources), nil
}

// steps are the probabilities of a step from each row, to the power of alpha.
func steps(x *linalg.CSR, alpha float64) *linalg.CSR {
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		total := x.RowSum(r)
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			out.Value[at] = float32(math.Pow(x.At(at)/total, alpha))
		}
	}
	return &out
}

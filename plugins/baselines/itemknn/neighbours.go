package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/baseline/similarity"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// findNeighbours compares all items i with every item j by c_ij = sum_u v_ui v_uj,
// where v are the weighted interactions (or pseudo-users), and keeps for every target
// j its most similar items; s_jj = 0.
func findNeighbours(ctx context.Context, x *linalg.CSR, w baseline.Work[Params]) (*neighbours.Matrix, error) {
	p, items := w.Params, int64(x.Cols)
	if err := neighbours.CheckItems(x, p.Neighbours, "ItemKNN"); err != nil {
		return nil, err
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Total: items, Unit: "item"})
	byItem := similarity.Weigh(baseline.DampUsers(x, p.UserWeight).Transpose(), p.FeatureWeighting)
	squares := similarity.Squares(byItem)
	measure := similarity.Similarity{Kind: p.Similarity, Shrink: p.Shrink, Alpha: p.Alpha, Beta: p.Beta}
	targets := make([][]neighbours.Entry, byItem.Rows)
	selectors := make([]neighbours.Selector, w.Threads)
	err := linalg.Products(ctx, byItem, byItem.Transpose(), w.Threads, func(worker, j int, sources []int32, together []float64) {
		list := make([]neighbours.Entry, 0, len(sources))
		for n, i := range sources {
			if int(i) != j {
				list = append(list, neighbours.Entry{Index: i, Value: measure.Of(together[n], squares[i], squares[j])})
			}
		}
		targets[j] = selectors[worker].Keep(list, p.Neighbours, p.NeighbourTies, byItem.Rows)
	})
	if err != nil {
		return nil, err
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Done: items, Total: items, Unit: "item"})
	return neighbours.FromTargets(targets), nil
}

package main

import (
	"context"
	"math"

	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/baseline/similarity"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// findNeighbours compares all items i with every item j by c_ij = sum_u v_ui v_uj,
// where v are the weighted interactions (or pseudo-users), and keeps for every target
// j its most similar items; s_jj = 0.
func findNeighbours(ctx context.Context, x *linalg.CSR, p Params, threads int) (*neighbours.Matrix, error) {
	byItem := similarity.Weigh(damp(x, p.UserWeight).Transpose(), p.FeatureWeighting)
	squares := similarity.Squares(byItem)
	measure := similarity.Similarity{Kind: p.Similarity, Shrink: p.Shrink, Alpha: p.Alpha, Beta: p.Beta}
	targets := make([][]neighbours.Entry, byItem.Rows)
	selectors := make([]neighbours.Selector, threads)
	err := linalg.Products(ctx, byItem, byItem.Transpose(), threads, func(worker, j int, sources []int32, together []float64) {
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
	return neighbours.FromTargets(targets), nil
}

// damp multiplies the row of a user with n items by n^(-exponent/2), so that it counts
// n^-exponent in a Gram matrix.
func damp(x *linalg.CSR, exponent float64) *linalg.CSR {
	if exponent == 0 {
		return x
	}
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		factor := math.Pow(float64(len(x.Row(r))), -exponent/2)
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			value := 1.0
			if x.Value != nil {
				value = float64(x.Value[at])
			}
			out.Value[at] = float32(factor * value)
		}
	}
	return &out
}

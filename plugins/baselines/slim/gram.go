package main

import (
	"context"
	"fmt"
	"slices"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// gram is X'X with its zeros left out: row k has ascending columns.
type gram struct {
	rows     []sparse
	diagonal []float64
}

type sparse struct {
	columns []int32
	values  []float32
}

// newGram refuses, as an ErrOutOfMemory, a matrix that the memory could not hold if no
// two users shared two items.
func newGram(ctx context.Context, x *linalg.CSR, threads int) (*gram, error) {
	const entry = 8 // bytes
	if err := baseline.RoomFor(entry*neighbours.Pairs(x), fmt.Sprintf("SLIM on %d items", x.Cols), "keep fewer items (filter: {k_core: ...}), or shorter histories"); err != nil {
		return nil, err
	}
	g := &gram{rows: make([]sparse, x.Cols), diagonal: make([]float64, x.Cols)}
	return g, linalg.Products(ctx, x.Transpose(), x, threads, func(_, k int, columns []int32, values []float64) {
		order := make([]int, len(columns))
		for at := range order {
			order[at] = at
		}
		slices.SortFunc(order, func(a, b int) int { return int(columns[a]) - int(columns[b]) })
		row := sparse{make([]int32, len(columns)), make([]float32, len(columns))}
		for to, at := range order {
			row.columns[to], row.values[to] = columns[at], float32(values[at])
			if int(columns[at]) == k {
				g.diagonal[k] = values[at]
			}
		}
		g.rows[k] = row
	})
}

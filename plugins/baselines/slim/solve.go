package main

import (
	"context"
	"math"
	"sync/atomic"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// solve minimises, for every item j on its own, over w >= 0 with w_j = 0
//
//	|x_j - X w|^2 / 2 + l2 |w|^2 / 2 + l1 |w|_1
//
// by coordinate descent on the Gram matrix G = X'X. Since no weight is negative, an item
// k can have one only where G_kj > l1, so that a column costs what its neighbours cost.
func solve(ctx context.Context, x *linalg.CSR, w baseline.Work[Params]) (*neighbours.Matrix, error) {
	p, threads, progress := w.Params, w.Threads, w.Progress
	if err := neighbours.Check(p.Neighbours, x.Cols, "items"); err != nil {
		return nil, err
	}
	progress.Report(contract.Progress{Stage: "fit", Total: int64(x.Cols), Unit: "item"})
	g, err := newGram(ctx, x, threads)
	if err != nil {
		return nil, err
	}
	targets, columns := make([][]neighbours.Entry, x.Cols), make([]column, threads)
	selectors := make([]neighbours.Selector, threads)
	var done atomic.Int64
	err = linalg.Parallel(ctx, x.Cols, 16, threads, func(worker, lo, hi int) error {
		c := &columns[worker]
		for j := lo; j < hi; j++ {
			if err := c.solve(g, j, p); err != nil {
				return err
			}
			targets[j] = selectors[worker].Keep(c.entries(), p.Neighbours, neighbours.TiesIndex, x.Cols)
		}
		progress.Report(contract.Progress{Stage: "fit", Done: done.Add(int64(hi - lo)), Total: int64(x.Cols), Unit: "item"})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return neighbours.FromTargets(targets), checkEmpty(targets, p)
}

// checkEmpty refuses an l1 that leaves nothing, and logs one that leaves many items
// without a weight.
func checkEmpty(targets [][]neighbours.Entry, p Params) error {
	empty := 0
	for _, list := range targets {
		if len(list) == 0 {
			empty++
		}
	}
	if empty == len(targets) {
		return contract.Errorf(contract.ErrInvalid, "l1 %v leaves none of %d items a weight: no two items share more users than that; lower it", p.L1, empty)
	}
	if empty > 0 {
		log := sdk.Logger()
		log.Info().Int("items", empty).Int("of", len(targets)).Float64("l1", p.L1).Msg("items have no weight and are never ranked above zero")
	}
	return nil
}

// column solves for one column at a time; one for each thread.
type column struct {
	candidates []int32
	weights    []float64 // of the candidates
	residual   []float64 // [items]: G_kj - sum_l G_kl w_l
}

// solve goes over all candidates, then over those with a weight until they stand still,
// until a pass over all moves nothing either.
func (c *column) solve(g *gram, j int, p Params) error {
	c.begin(g, j, p.L1)
	for sweeps := 0; ; {
		sweeps++
		if c.pass(g, p, false) {
			return nil
		}
		for settled := false; !settled; sweeps++ {
			if sweeps >= p.Sweeps {
				return contract.Errorf(contract.ErrInvalid, "the weights of item %d still move by more than %v of the largest after %d sweeps: raise l2, tolerance or sweeps", j, p.Tolerance, p.Sweeps)
			}
			settled = c.pass(g, p, true)
		}
	}
}

func (c *column) begin(g *gram, j int, l1 float64) {
	if c.residual == nil {
		c.residual = make([]float64, len(g.rows))
	}
	clear(c.residual)
	c.candidates, c.weights = c.candidates[:0], c.weights[:0]
	row := g.rows[j]
	for at, k := range row.columns {
		c.residual[k] = float64(row.values[at])
		if int(k) != j && c.residual[k] > l1 {
			c.candidates, c.weights = append(c.candidates, k), append(c.weights, 0)
		}
	}
}

// pass goes once over the candidates, or over those with a weight, and reports whether
// none moved by more than the tolerance.
func (c *column) pass(g *gram, p Params, active bool) bool {
	moved, largest := 0.0, 0.0
	for at, k := range c.candidates {
		before := c.weights[at]
		if active && before == 0 {
			continue
		}
		own := g.diagonal[k]
		after := max(0, (c.residual[k]+own*before-p.L1)/(own+p.L2))
		largest = max(largest, after)
		if after == before {
			continue
		}
		moved = max(moved, math.Abs(after-before))
		c.weights[at] = after
		for n, l := range g.rows[k].columns {
			c.residual[l] -= (after - before) * float64(g.rows[k].values[n])
		}
	}
	return moved <= p.Tolerance*largest
}

// entries are the candidates with a weight.
func (c *column) entries() []neighbours.Entry {
	var list []neighbours.Entry
	for at, k := range c.candidates {
		if w := c.weights[at]; w > 0 {
			list = append(list, neighbours.Entry{Index: k, Value: w})
		}
	}
	return list
}

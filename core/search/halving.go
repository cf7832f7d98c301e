package search

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// Halving stops trials of methods that learn in epochs: asynchronous successive halving (Li
// et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, algorithm 2)
// without pausing, as Optuna's SuccessiveHalvingPruner does it. Rung k is complete after
// First * Factor^(Rate+k) epochs. A trial that completes a rung goes on only if it is among
// the best 1/Factor of those that have completed it so far.
type Halving struct {
	Direction Direction
	First     int // epochs of the first rung, 1 or more
	Factor    int // 2 or more; how many compete for one place
	Rate      int // 0 or more; how many rungs are skipped
	Bootstrap int // 0 or more; how many trials a rung must have seen before one may go on
}

// Rungs are the values of the trials that completed each rung, in the order in which they
// did. The zero value is a search that begins.
type Rungs [][]float64

// NewHalving checks the choices. ErrInvalid.
func NewHalving(h Halving) (Halving, error) {
	if err := h.Direction.check(); err != nil {
		return h, err
	}
	if h.First < 1 || h.Factor < 2 || h.Rate < 0 || h.Bootstrap < 0 {
		return h, contract.Errorf(contract.ErrInvalid, "first %d, factor %d, rate %d, bootstrap %d: expected 1 or more, 2 or more, 0 or more, 0 or more", h.First, h.Factor, h.Rate, h.Bootstrap)
	}
	return h, nil
}

// Report tells that a trial that has completed `rung` rungs has the value after `epoch`
// epochs (counted from 1). It gives the rungs that the trial has completed now, which the
// next Report is told, and whether the trial should stop. A value that is not a number
// stops a trial at its next rung and counts for nobody else.
func (h Halving) Report(r *Rungs, rung, epoch int, value float64) (completed int, stop bool) {
	for ; float64(epoch) >= h.epochs(rung); rung++ {
		if math.IsNaN(value) {
			return rung, true
		}
		for len(*r) <= rung {
			*r = append(*r, nil)
		}
		(*r)[rung] = append((*r)[rung], value)
		if competing := (*r)[rung]; len(competing) <= h.Bootstrap || !h.promotable(value, competing) {
			return rung + 1, true
		}
	}
	return rung, false
}

// epochs is when a rung is complete; of a rung that nobody reaches, infinite.
func (h Halving) epochs(rung int) float64 {
	return float64(h.First) * math.Pow(float64(h.Factor), float64(h.Rate+rung))
}

// promotable reports whether a value is among the best 1/Factor of those that compete, its
// own included; among fewer than Factor, whether it is the best.
func (h Halving) promotable(value float64, competing []float64) bool {
	losses := make([]float64, len(competing))
	for i, v := range competing {
		losses[i] = h.Direction.loss(v)
	}
	slices.Sort(losses)
	return h.Direction.loss(value) <= losses[max(len(losses)/h.Factor-1, 0)]
}

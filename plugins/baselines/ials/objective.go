package main

import (
	"context"

	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// objective is what the alternation makes smaller; see weighting. regOther are the
// penalties of the rows of h.y.
func (h *half) objective(ctx context.Context, regOther []float32, threads int) (float64, error) {
	gx, err := gramOf(ctx, h.x, threads)
	if err != nil {
		return 0, err
	}
	gy, err := gramOf(ctx, h.y, threads)
	if err != nil {
		return 0, err
	}
	total := penalised(h.x, h.reg) + penalised(h.y, regOther)
	for i, v := range gx { // sum_ui s_ui^2
		total += h.weights.base * v * gy[i]
	}
	rows, room := make([]float64, h.x.Rows), make([]scratch, threads)
	err = linalg.Parallel(ctx, h.x.Rows, blockRows, threads, func(worker, lo, hi int) error {
		for r := lo; r < hi; r++ {
			rows[r] = h.observedLoss(&room[worker], r)
		}
		return nil
	})
	for _, v := range rows {
		total += v
	}
	return total, err
}

// observedLoss is the part of a row's observed pairs.
func (h *half) observedLoss(s *scratch, row int) (loss float64) {
	columns := h.pairs.Row(row)
	y := s.gather(h.y, columns)
	extra, pull := s.weigh(h.weights, len(columns), h.pairs.Values(row))
	scores := zeros(&s.scores, len(columns))
	lapack.Gemv(1, y, false, vector(h.x, row), 0, scores)
	for k, v := range scores {
		score, pull := float64(v), float64(pull[k])
		loss += (float64(extra[k])*score-2*pull)*score + pull
	}
	return loss
}

// penalised is sum_r reg_r |x_r|^2.
func penalised(x mat, reg []float32) (sum float64) {
	for r, weight := range reg {
		square := 0.0
		for _, v := range vector(x, r) {
			square += float64(v) * float64(v)
		}
		sum += float64(weight) * square
	}
	return sum
}

package contracttest

import (
	"context"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// TrainTower goes once over docs, one Adam step for each batch.
func (b *FakeBackbone) TrainTower(ctx context.Context, spec contract.TrainSpec, docs contract.Examples, progress contract.OnProgress) (contract.TrainResult, error) {
	t, err := b.tower(spec.Tower)
	if err != nil {
		return contract.TrainResult{}, err
	}
	if err := b.checkTrainSpec(spec); err != nil {
		return contract.TrainResult{}, err
	}
	if spec.FreshOptimiser {
		t.forgetMoments()
	}
	run := &fakeRun{b: b, t: t, spec: spec, sums: contract.TrainResult{Priors: make([]float64, len(spec.Priors))}}
	for batch, err := range batches(docs, spec.Batch) {
		if err != nil {
			return contract.TrainResult{}, err
		}
		if err := run.step(ctx, batch, progress); err != nil {
			return contract.TrainResult{}, err
		}
	}
	return run.result(), nil
}

func (b *FakeBackbone) checkTrainSpec(s contract.TrainSpec) error {
	if err := s.Check(); err != nil {
		return err
	}
	if err := b.towers[s.Tower].extends(s.Extended); err != nil {
		return err
	}
	for _, p := range s.Priors {
		if p.Toward != "" {
			if _, err := b.tower(p.Toward); err != nil {
				return err
			}
		}
		if p.Residual && b.towers[s.Tower].width == 0 {
			return contract.Errorf(contract.ErrInvalid, "the items of tower %q are no map of features", s.Tower)
		}
	}
	return nil
}

// extends refuses the softmax over all tokens to a tower with biases.
func (t *fakeTower) extends(extended bool) error {
	if extended && t.biasAt > 0 {
		return contract.Errorf(contract.ErrInvalid, "the items of the tower have biases, which the softmax over all tokens has not")
	}
	return nil
}

// batches cuts a stream into batches across chunk borders.
func batches(docs contract.Examples, size int) contract.Examples {
	return func(yield func([]contract.Example, error) bool) {
		var held []contract.Example
		for chunk, err := range docs {
			if err != nil {
				yield(nil, err)
				return
			}
			held = append(held, chunk...)
			for ; len(held) >= size; held = held[size:] {
				if !yield(held[:size], nil) {
					return
				}
			}
		}
		if len(held) > 0 {
			yield(held, nil)
		}
	}
}

// fakeRun is one pass; sums are over steps until result.
type fakeRun struct {
	b    *FakeBackbone
	t    *fakeTower
	spec contract.TrainSpec
	sums contract.TrainResult
}

func (r *fakeRun) step(ctx context.Context, batch []contract.Example, progress contract.OnProgress) error {
	grad := make([]float64, len(r.t.z))
	data, tokens, predicted, err := r.data(batch, grad)
	if err != nil {
		return err
	}
	total, priors := data, make([]float64, len(r.spec.Priors))
	for _, residual := range []bool{false, true} {
		for i, p := range r.spec.Priors {
			if p.Residual == residual {
				priors[i] = r.prior(p, batch, grad)
				total += priors[i]
			}
		}
		if !residual {
			r.t.mapGradient(grad) // which that of the residuals does not reach
		}
	}
	if r.t.guests {
		clear(grad[r.t.users*r.t.hidden:]) // tokens of users alone train
	}
	n := int(r.spec.Step(r.sums.Steps))
	if err := r.b.Params().step(ctx, n, total, progress); err != nil {
		return err
	}
	if f := float32(total); math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return contract.Errorf(contract.ErrNonFinite, "tower %q: the loss of step %d is %v", r.spec.Tower, n, f)
	}
	clip(grad, r.spec.MaxGradNorm)
	r.t.adam(grad, r.spec.LearningRateAt(r.sums.Steps), r.spec.WeightDecay)
	for _, d := range batch {
		for _, row := range r.t.softRows(d, true) {
			r.t.mentioned[row] = true
		}
	}
	r.sums.MicroBatches++
	r.sums.Steps, r.sums.Examples = r.sums.Steps+1, r.sums.Examples+int64(len(batch))
	r.sums.Tokens, r.sums.Predicted = r.sums.Tokens+tokens, r.sums.Predicted+predicted
	r.sums.Loss, r.sums.Data = r.sums.Loss+total, r.sums.Data+data
	for i, p := range priors {
		r.sums.Priors[i] += p
	}
	return nil
}

// data is the reduced loss of a batch without priors; its gradient goes to grad.
func (r *fakeRun) data(batch []contract.Example, grad []float64) (loss float64, tokens, predicted int64, err error) {
	type one struct {
		f   *forward
		all []prediction
	}
	var docs []one
	for _, d := range batch {
		f, err := r.b.forward(r.t, d)
		if err != nil {
			return 0, 0, 0, err
		}
		all, err := r.b.predictions(r.t, aim{r.spec.Objective, r.spec.Extended}, r.spec.PredictFirst, d)
		if err != nil {
			return 0, 0, 0, err
		}
		docs = append(docs, one{f, all})
		tokens, predicted = tokens+int64(len(f.tokens)), predicted+int64(len(all))
	}
	scale := 1 / float64(len(batch))
	switch r.spec.Reduction {
	case contract.TokenMean:
		scale = 1 / math.Max(1, float64(predicted))
	case contract.BatchSum:
		scale = 1
	}
	for _, d := range docs {
		loss += scale * r.b.loss(r.t, aim{r.spec.Objective, r.spec.Extended}, d.f, d.all, scale, grad)
	}
	return loss, tokens, predicted, nil
}

// prior is the reduced penalty of a batch; its gradient goes to grad.
func (r *fakeRun) prior(p contract.Prior, batch []contract.Example, grad []float64) (penalty float64) {
	scale := p.Coefficient
	if p.Reduction == contract.ExampleMean {
		scale /= float64(len(batch))
	}
	ref := make([]float64, r.t.rows()*r.t.hidden)
	other := r.b.towers[p.Toward]
	if other != nil {
		copy(ref, other.soft())
	}
	z := r.t.soft()
	if p.Residual {
		z = r.t.z
	}
	pull := func(row int) {
		if p.MentionedOnly && !other.mentioned[row] || p.Residual && row < r.t.users {
			return
		}
		for j := row * r.t.hidden; j < (row+1)*r.t.hidden; j++ {
			d := z[j] - ref[j]
			penalty += scale * d * d
			grad[j] += 2 * scale * d
		}
	}
	for _, d := range batch {
		for _, row := range r.t.softRows(d, p.Targets) {
			pull(row)
		}
	}
	return penalty
}

// softRows are the rows of an example's soft tokens, as often as they stand in
// it, and those of its targets where they count.
func (t *fakeTower) softRows(d contract.Example, targets bool) []int {
	var rows []int
	for _, token := range slices.Concat(d.Prompt, d.Main) {
		if row := int(token) - t.words; row >= 0 {
			rows = append(rows, row)
		}
	}
	if targets {
		for _, item := range d.Targets {
			rows = append(rows, t.users+int(item))
		}
	}
	return rows
}

// result turns sums over steps into means.
func (r *fakeRun) result() contract.TrainResult {
	n := math.Max(1, float64(r.sums.Steps))
	out := r.sums
	out.Loss, out.Data = out.Loss/n, out.Data/n
	for i := range out.Priors {
		out.Priors[i] /= n
	}
	return out
}

// Score measures the loss without training.
func (b *FakeBackbone) Score(ctx context.Context, spec contract.ScoreSpec, docs contract.Examples, progress contract.OnProgress) (contract.LMScore, error) {
	t, err := b.tower(spec.Tower)
	if err != nil {
		return contract.LMScore{}, err
	}
	if err := spec.Check(); err != nil {
		return contract.LMScore{}, err
	}
	if err := t.extends(spec.Extended); err != nil {
		return contract.LMScore{}, err
	}
	var score contract.LMScore
	step := 0
	for batch, err := range batches(docs, spec.Batch) {
		if err != nil {
			return score, err
		}
		step++
		if err := b.Params().step(ctx, step, 0, progress); err != nil {
			return score, err
		}
		for _, d := range batch {
			f, err := b.forward(t, d)
			if err != nil {
				return score, err
			}
			all, err := b.predictions(t, aim{spec.Objective, spec.Extended}, spec.PredictFirst, d)
			if err != nil {
				return score, err
			}
			score.NLL += b.loss(t, aim{spec.Objective, spec.Extended}, f, all, 0, nil)
			score.Tokens += int64(len(all))
		}
	}
	return score, nil
}

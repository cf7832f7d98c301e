package lm

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Score measures the language-model loss of docs under a tower.
func (e *Engine) Score(ctx context.Context, spec contract.ScoreSpec, docs contract.Examples, progress contract.OnProgress) (contract.LMScore, error) {
	var score contract.LMScore
	t, err := e.tower("Score", spec.Tower)
	if err != nil {
		return score, err
	}
	if err := spec.Check(); err != nil {
		return score, err
	}
	if err := t.extends(spec.Extended); err != nil {
		return score, fmt.Errorf("scoring: %w", err)
	}
	l, tell := e.layout(t, spec.Objective, spec.PredictFirst), ticker{to: progress, stage: "score " + spec.Tower, unit: "example"}
	l.extended = spec.Extended
	var tokens int64
	for c, err := range batches(ctx, docs, spec.Batch) {
		if err != nil {
			return score, err
		}
		b, err := l.pack(c.docs, c.first)
		if err != nil {
			return score, err
		}
		nll, err := e.nll(t, b, spec.Objective)
		if err != nil {
			return score, err
		}
		score.NLL += nll
		score.Tokens += int64(len(b.targets))
		tokens += b.tokens
		tell.report(c.first+int64(b.examples), 0, tokens, score.NLL/float64(max(score.Tokens, 1)))
	}
	return score, nil
}

// nll is the sum of -ln p over the batch's predictions.
func (e *Engine) nll(t *tower, b *batch, o contract.Objective) (nll float64, err error) {
	err = e.do(func(s *torch.Scope) error {
		s.NoGrad(func() {
			if loss := e.forwardPass(s, t, b, o).dataLoss(o, nil); loss != nil {
				nll = s.Scalar(loss)
			}
		})
		if !finite(nll) {
			return contract.Errorf(contract.ErrNonFinite, "scoring tower %q (%s): the loss is %v", t.name, o, nll)
		}
		return nil
	})
	return nll, err
}

package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
)

// finetune is stage 3, recommendation-oriented finetuning: per epoch one pass
// over masked histories, a validation, one content pass toward the tower that
// is being finetuned (src/finetuning.py).
func (f *fitter) finetune(ctx context.Context) error {
	s := f.settings.Finetune
	if s.Epochs == 0 {
		return nil
	}
	if err := f.restoreStarts(ctx); err != nil {
		return err
	}
	choice := f.newSelector(StageFinetune)
	for epoch := 1; epoch <= s.Epochs; epoch++ {
		if err := f.stepRecommend(ctx, epoch); err != nil {
			return err
		}
		if stop, err := choice.after(ctx, epoch, s.Epochs); err != nil || stop {
			return choice.end(ctx, err)
		}
		if err := f.stepKeepReading(ctx, epoch); err != nil {
			return err
		}
	}
	return choice.end(ctx, nil)
}

// stepRecommend minimises - sum_{j in hold} ln softmax_j(Z^v h_{-1}), the
// multinomial likelihood of the targets at the question's last token, plus the
// priors of the L-step. The mask is drawn anew in every epoch.
func (f *fitter) stepRecommend(ctx context.Context, epoch int) error {
	s := f.settings.Finetune
	p := f.newPass(StageFinetune, epoch, s.Epochs, towerCollaborative, contract.Multinomial, s.Rate)
	p.spec.Priors = f.collaborativePriors(s.LambdaC, s.LambdaL, f.settings.PriorOnTargets)
	p.spec.FreshOptimiser = epoch == 1
	_, err := f.train(ctx, p, f.finetuning(p))
	return err
}

// stepKeepReading is the C-step again. In the released code both towers share
// one language model, which validation leaves in evaluation mode: its content
// passes here run without dropout (switch content_dropout).
func (f *fitter) stepKeepReading(ctx context.Context, epoch int) error {
	s := f.settings.Finetune
	if !f.settings.Content {
		return nil
	}
	p := f.newPass(StageFinetune, epoch, s.Epochs, towerContent, contract.NextWord, contentRate(s.ContentRate, s.Rate))
	if !f.settings.ContentDropout {
		p.spec.Dropout = 0
	}
	_, err := f.trainContent(ctx, p, s.LambdaC, epoch == 1)
	return err
}

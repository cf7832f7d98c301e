package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
)

// pretrain is stage 2, mutually regularised pretraining: per epoch one full L
// pass, then one full C pass, each toward the other tower as it then is
// (src/training.py, the iterative training loop). Without finetuning the
// ranking tower is selected here (LLM-PreRec).
func (f *fitter) pretrain(ctx context.Context) error {
	s := f.settings.Pretrain
	choice := f.newSelector(StagePretrain)
	for epoch := 1; epoch <= s.Epochs; epoch++ {
		if err := f.stepL(ctx, epoch); err != nil {
			return err
		}
		if stop, err := choice.after(ctx, epoch, s.Epochs); err != nil || stop {
			return choice.end(ctx, err)
		}
		if err := f.stepC(ctx, epoch); err != nil {
			return err
		}
	}
	return choice.end(ctx, nil)
}

// stepL is the L-step: sum_k -ln p_fl(x_k | x_<k, prompt) of the items under
// the collaborative tower, plus lambda_c/2 |z - ^z^c|^2 and lambda_l/2 |z|^2.
func (f *fitter) stepL(ctx context.Context, epoch int) error {
	s := f.settings.Pretrain
	p := f.newPass(StagePretrain, epoch, s.Epochs, towerCollaborative, contract.NextItem, s.Rate)
	p.spec.Priors = f.collaborativePriors(s.LambdaC, s.LambdaL, false)
	p.spec.FreshOptimiser = epoch == 1
	r, err := f.train(ctx, p, f.collaborative(p))
	if err != nil {
		return err
	}
	return f.offerStart(ctx, towerCollaborative, r)
}

// stepC is the C-step: sum_k -ln p_fc(x_k | x_<k, prompt) of the words under
// the content tower, plus lambda_c/2 |z - ^z^l|^2. Adam goes on from the warm-up.
func (f *fitter) stepC(ctx context.Context, epoch int) error {
	s := f.settings.Pretrain
	if !f.settings.Content {
		return nil
	}
	p := f.newPass(StagePretrain, epoch, s.Epochs, towerContent, contract.NextWord, contentRate(s.ContentRate, s.Rate))
	r, err := f.trainContent(ctx, p, s.LambdaC, epoch == 1 && f.settings.Warmup.Epochs == 0)
	if err != nil {
		return err
	}
	return f.offerStart(ctx, towerContent, r)
}

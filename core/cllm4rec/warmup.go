package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
)

// warmup is stage 1: the content tower learns to read before it is tied to the
// other tower (src/training.py, the pretraining loop for the content GPT).
func (f *fitter) warmup(ctx context.Context) error {
	s := f.settings.Warmup
	for epoch := 1; epoch <= s.Epochs; epoch++ {
		p := f.newPass(StageWarmup, epoch, s.Epochs, towerContent, contract.NextWord, s.Rate)
		r, err := f.trainContent(ctx, p, 0, epoch == 1)
		if err != nil {
			return err
		}
		if err := f.offerStart(ctx, towerContent, r); err != nil {
			return err
		}
	}
	return nil
}

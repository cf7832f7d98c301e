package cllm4rec

import "cllm4rec/core/contract"

// finetune is stage 3, recommendation-oriented finetuning: per epoch one pass
// over masked histories, a validation, one content pass toward the tower that
// is being finetuned (src/finetuning.py).
func (s Settings) finetune() (passes []Pass) {
	for epoch := 1; epoch <= s.Finetune.Epochs; epoch++ {
		passes = append(passes, s.stepRecommend(epoch))
		if s.Content {
			passes = append(passes, s.stepKeepReading(epoch))
		}
	}
	return passes
}

// stepRecommend minimises - sum_{j in hold} ln softmax_j(Z^v h_{-1}), the
// multinomial likelihood of the targets at the question's last token, plus the
// priors of the L-step. The mask is drawn anew in every epoch.
func (s Settings) stepRecommend(epoch int) Pass {
	p := s.pass(StageFinetune, epoch, s.Finetune.Epochs, towerCollaborative, contract.Multinomial, s.Finetune.Rate)
	p.Spec.Priors = s.collaborativePriors(s.Finetune.LambdaC, s.Finetune.LambdaL, s.PriorOnTargets)
	p.Spec.FreshOptimiser = epoch == 1
	return p
}

// stepKeepReading is the C-step again. In the released code both towers share
// one language model, which validation leaves in evaluation mode: its content
// passes here run without dropout (switch content_dropout).
func (s Settings) stepKeepReading(epoch int) Pass {
	rate := contentRate(s.Finetune.ContentRate, s.Finetune.Rate)
	p := s.contentPass(StageFinetune, epoch, s.Finetune.Epochs, rate, s.Finetune.LambdaC, epoch == 1)
	if !s.ContentDropout {
		p.Spec.Dropout = 0
	}
	return p
}

package cllm4rec

import "cllm4rec/core/contract"

// pretrain is stage 2, mutually regularised pretraining: per epoch one full L
// pass, then one full C pass, each toward the other tower as it then is
// (src/training.py, the iterative training loop). Without finetuning the
// ranking tower is selected here (LLM-PreRec), between the two.
func (s Settings) pretrain() (passes []Pass) {
	for epoch := 1; epoch <= s.Pretrain.Epochs; epoch++ {
		passes = append(passes, s.stepL(epoch))
		if s.Content {
			passes = append(passes, s.stepC(epoch))
		}
	}
	return passes
}

// stepL is the L-step: sum_k -ln p_fl(x_k | x_<k, prompt) of the items under
// the collaborative tower, plus lambda_c/2 |z - ^z^c|^2 and lambda_l/2 |z|^2.
func (s Settings) stepL(epoch int) Pass {
	p := s.pass(StagePretrain, epoch, s.Pretrain.Epochs, towerCollaborative, contract.NextItem, s.Pretrain.Rate)
	p.Spec.Priors = s.collaborativePriors(s.Pretrain.LambdaC, s.Pretrain.LambdaL, false)
	p.Spec.FreshOptimiser = epoch == 1
	return p
}

// stepC is the C-step: sum_k -ln p_fc(x_k | x_<k, prompt) of the words under
// the content tower, plus lambda_c/2 |z - ^z^l|^2. Adam goes on from the warm-up.
func (s Settings) stepC(epoch int) Pass {
	rate := contentRate(s.Pretrain.ContentRate, s.Pretrain.Rate)
	return s.contentPass(StagePretrain, epoch, s.Pretrain.Epochs, rate, s.Pretrain.LambdaC, epoch == 1 && s.Warmup.Epochs == 0)
}

package cllm4rec

// warmup is stage 1: the content tower learns to read before it is tied to the
// other tower (src/training.py, the pretraining loop for the content GPT).
func (s Settings) warmup() (passes []Pass) {
	for epoch := 1; epoch <= s.Warmup.Epochs; epoch++ {
		passes = append(passes, s.contentPass(StageWarmup, epoch, s.Warmup.Epochs, s.Warmup.Rate, 0, epoch == 1))
	}
	return passes
}

package cllm4rec

import (
	"context"
	"fmt"
	"math"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
)

// train runs a pass and writes it into the report and the state.
func (f *fitter) train(ctx context.Context, p Pass) (train.Entry, error) {
	p.Spec.Seed = contract.MixSeed(f.in.Seed, forDropout, p.key())
	p.Spec.Schedule = f.schedule(p)
	var t tally
	start := time.Now()
	r, err := f.backbone.TrainTower(ctx, p.Spec, f.examples(p).documents(ctx, &t), f.progress(p))
	if err == nil {
		err = checkResult(r, t)
	}
	if err != nil {
		return train.Entry{}, fmt.Errorf("%s: %w", p, err)
	}
	took := time.Since(start)
	f.report.add(p, r, t, took)
	f.state.done(p, r.Steps)
	return train.Entry{
		Tower: p.Spec.Tower, Loss: &r.Loss, Seconds: took.Seconds(), Steps: r.Steps, Examples: int64(t.built), Tokens: r.Tokens,
		LearningRate: p.Spec.LearningRate, PeakMemory: r.PeakMemory,
	}, f.offerStart(ctx, p, r)
}

// examples are what a pass goes over.
func (f *fitter) examples(p Pass) source {
	switch p.Spec.Objective {
	case contract.NextWord:
		return f.content(p)
	case contract.NextItem:
		return f.collaborative(p)
	default:
		return f.finetuning(p)
	}
}

// checkResult refuses a pass that trained nothing or ended beyond the numbers.
func checkResult(r contract.TrainResult, t tally) error {
	if t.built == 0 {
		return contract.Errorf(contract.ErrInvalid, "none of %d documents has a token to predict", t.skipped)
	}
	for _, loss := range append([]float64{r.Loss, r.Data}, r.Priors...) {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return contract.Errorf(contract.ErrNonFinite, "the mean loss over %d steps is %v", r.Steps, loss)
		}
	}
	return nil
}

// progress names the work in what a backbone reports, and says how many
// examples the pass has, as a backbone that is given a stream cannot know.
func (f *fitter) progress(pass Pass) contract.OnProgress {
	if f.in.Progress == nil {
		return nil
	}
	name := pass.String()
	return func(p contract.Progress) {
		p.Stage = name
		if p.Total == 0 && p.Unit == "example" {
			p.Total = pass.Size.Examples
		}
		f.in.Progress(p)
	}
}

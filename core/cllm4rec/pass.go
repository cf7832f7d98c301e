package cllm4rec

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"cllm4rec/core/contract"
)

// Stage is a part of the training.
type Stage string

// The stages, in their order.
const (
	StageWarmup   Stage = "warmup"
	StagePretrain Stage = "pretrain"
	StageFinetune Stage = "finetune"
)

func stages() []Stage { return []Stage{StageWarmup, StagePretrain, StageFinetune} }

// pass is a tower's going over its documents once.
type pass struct {
	stage  Stage
	epoch  int // from 1
	epochs int
	spec   contract.TrainSpec
}

// key tells passes apart in seeds.
func (p pass) key() uint64 {
	stage := slices.Index(stages(), p.stage)
	return uint64(stage)<<33 | uint64(p.epoch)<<1 | uint64(slices.Index(towers(), p.spec.Tower))
}

// String names the pass in messages, such as "pretrain 3/100, collaborative tower".
func (p pass) String() string {
	return fmt.Sprintf("%s %d/%d, %s tower", p.stage, p.epoch, p.epochs, p.spec.Tower)
}

// newPass is a pass with what all passes share.
func (f *fitter) newPass(stage Stage, epoch, epochs int, tower string, o contract.Objective, rate float64) pass {
	p := pass{stage: stage, epoch: epoch, epochs: epochs}
	p.spec = contract.TrainSpec{
		Tower: tower, Objective: o, Reduction: contract.ExampleMean, PredictFirst: f.settings.PredictFirst,
		Batch: f.settings.Batch, LearningRate: rate, Dropout: f.settings.Dropout,
		MaxGradNorm: f.settings.Optimiser.Clip, WeightDecay: f.settings.Optimiser.Decay, Schedule: f.schedule(track{stage, tower}),
	}
	if f.settings.Loss == LossTokenMean && o != contract.Multinomial {
		p.spec.Reduction = contract.TokenMean
	}
	p.spec.Seed = contract.MixSeed(f.in.Seed, forDropout, p.key())
	return p
}

// contentRate is the content tower's own learning rate, or the stage's.
func contentRate(own, stage float64) float64 {
	if own == 0 {
		return stage
	}
	return own
}

// train runs a pass and writes it into the report.
func (f *fitter) train(ctx context.Context, p pass, docs source) (contract.TrainResult, error) {
	var t tally
	start := time.Now()
	r, err := f.backbone.TrainTower(ctx, p.spec, docs.documents(ctx, &t), f.progress(p.String(), len(docs.order)))
	if err == nil {
		err = checkResult(r, t)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", p, err)
	}
	f.steps[track{p.stage, p.spec.Tower}] += r.Steps
	f.report.add(p, r, t, time.Since(start))
	return r, nil
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

// progress names the work in what a backbone reports, and tells how many
// documents the pass has (the few without a token to predict included), as a
// backbone that is given a stream cannot know.
func (f *fitter) progress(name string, documents int) contract.OnProgress {
	if f.in.Progress == nil {
		return nil
	}
	return func(p contract.Progress) {
		p.Stage = name
		if p.Total == 0 && p.Unit == "document" {
			p.Total = int64(documents)
		}
		f.in.Progress(p)
	}
}

// toward is the mutual regularisation: -ln N(z; ^z, 1/lambda I) up to a
// constant, toward the other tower, which is held fixed (paper, the L- and the
// C-step), or toward zero when other is "". Unless prior_on_unmentioned, a token
// that the other tower's examples never mention has no term.
func (f *fitter) toward(other string, lambda float64) []contract.Prior {
	if lambda == 0 {
		return nil
	}
	p := contract.Prior{Toward: other, Coefficient: lambda / 2, Reduction: contract.ExampleMean,
		MentionedOnly: other != "" && !f.settings.PriorOnUnmentioned}
	if f.settings.PriorScale == PriorPerBatch { // src/libs/model.py: lambda_V times a summed squared error
		p.Coefficient, p.Reduction = lambda, contract.BatchSum
	}
	return []contract.Prior{p}
}

// collaborativePriors are those of the L-step and of finetuning.
func (f *fitter) collaborativePriors(lambdaC, lambdaL float64, targets bool) []contract.Prior {
	priors := append(f.toward(towerContent, lambdaC), f.toward("", lambdaL)...)
	for i := range priors {
		priors[i].Targets = targets
	}
	return priors
}

// trainContent is a C-step, or a step of the warm-up without lambda: next word,
// every token of the main text from the prompt and the words before it.
func (f *fitter) trainContent(ctx context.Context, p pass, lambda float64, fresh bool) (contract.TrainResult, error) {
	p.spec.Priors = f.toward(towerCollaborative, lambda)
	p.spec.FreshOptimiser = fresh
	return f.train(ctx, p, f.content(p))
}

package cllm4rec

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
)

// Stage is a part of the training.
type Stage string

// The stages, in their order.
const (
	StageWarmup   Stage = "warmup"
	StagePretrain Stage = "pretrain"
	StageFinetune Stage = "finetune"
	StageJoint    Stage = "joint"
)

func stages() []Stage { return []Stage{StageWarmup, StagePretrain, StageFinetune, StageJoint} }

// Pass is a tower's going over its examples once, as data: what a Fit does is a
// list of passes, and its order, its schedules, what its progress counts to and
// the estimate of its work are functions of that list.
type Pass struct {
	Stage         Stage
	Epoch, Epochs int  // of the stage; the first is 1
	Size          Size // of what it goes over
	// Spec is what the backbone is told, but for what a run alone knows: Seed and
	// Schedule.
	Spec contract.TrainSpec
}

// Size is how much one pass goes over.
type Size struct{ Examples, Tokens int64 }

// Sizes are those of a pass of each objective; they are the same in every epoch,
// where only order and masks change.
type Sizes map[contract.Objective]Size

// Passes are all passes of a Fit that no selection ends early, in their order. In
// an epoch the tower that ranks comes first.
func Passes(s Settings, z Sizes) []Pass {
	passes := slices.Concat(s.warmup(), s.pretrain(), s.finetune(), s.joint())
	for i := range passes {
		passes[i].Size = z[passes[i].Spec.Objective]
	}
	return passes
}

// Steps is the number of steps of the optimiser.
func (p Pass) Steps() int64 {
	batch := int64(p.Spec.Batch)
	return (p.Size.Examples + batch - 1) / batch
}

// key tells passes apart in seeds.
func (p Pass) key() uint64 {
	stage := slices.Index(stages(), p.Stage)
	return uint64(stage)<<33 | uint64(p.Epoch)<<1 | uint64(slices.Index(towers(), p.Spec.Tower))
}

// String names the pass in messages, such as "pretrain 3/100, collaborative tower".
func (p Pass) String() string {
	return fmt.Sprintf("%s %d/%d, %s tower", p.Stage, p.Epoch, p.Epochs, p.Spec.Tower)
}

// pass is a pass with what all passes share.
func (s Settings) pass(stage Stage, epoch, epochs int, tower string, o contract.Objective, rate float64) Pass {
	p := Pass{Stage: stage, Epoch: epoch, Epochs: epochs}
	p.Spec = contract.TrainSpec{
		Tower: tower, Objective: o, Extended: s.extended(o), Reduction: contract.ExampleMean, PredictFirst: s.PredictFirst,
		Batch: s.Batch, LearningRate: rate, Dropout: s.Dropout, MaxGradNorm: s.Optimiser.Clip, WeightDecay: s.Optimiser.Decay,
	}
	if s.Loss == LossTokenMean && o != contract.Multinomial {
		p.Spec.Reduction = contract.TokenMean
	}
	return p
}

// contentPass is a C-step, or a step of the warm-up without lambda: next word,
// every token of the main text from the prompt and the words before it.
func (s Settings) contentPass(stage Stage, epoch, epochs int, rate, lambda float64, fresh bool) Pass {
	p := s.pass(stage, epoch, epochs, towerContent, contract.NextWord, rate)
	p.Spec.Priors = s.toward(towerCollaborative, lambda)
	p.Spec.FreshOptimiser = fresh
	return p
}

// contentRate is the content tower's own learning rate, or the stage's.
func contentRate(own, stage float64) float64 {
	if own == 0 {
		return stage
	}
	return own
}

// toward is the mutual regularisation: -ln N(z; ^z, 1/lambda I) up to a
// constant, toward the other tower, which is held fixed (paper, the L- and the
// C-step), or toward zero when other is "". Unless prior_on_unmentioned, a token
// that the other tower's examples never mention has no term.
func (s Settings) toward(other string, lambda float64) []contract.Prior {
	if lambda == 0 {
		return nil
	}
	p := contract.Prior{Toward: other, Coefficient: lambda / 2, Reduction: contract.ExampleMean,
		MentionedOnly: other != "" && !s.PriorOnUnmentioned}
	if s.PriorScale == PriorPerBatch { // src/libs/model.py: lambda_V times a summed squared error
		p.Coefficient, p.Reduction = lambda, contract.BatchSum
	}
	return []contract.Prior{p}
}

// collaborativePriors are those of the L-step and of finetuning.
func (s Settings) collaborativePriors(lambdaC, lambdaL float64, targets bool) []contract.Prior {
	priors := append(s.toward(towerContent, lambdaC), s.toward("", lambdaL)...)
	for i := range priors {
		priors[i].Targets = targets
	}
	return append(priors, s.residual(targets)...)
}

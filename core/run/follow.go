package run

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/progress"
)

// The kinds of work of a trial, beside the objectives of a pipeline.
const (
	workTrain    = "train"
	workValidate = "validate"
	workRank     = "rank"
)

// fitWeight is how many times as much a fit that does not learn in epochs counts as the
// ranking after it: what such a fit has to do is not known beforehand.
const fitWeight = 9

// follow tells the tracker all that the trial has to do.
func (x *execution) follow() {
	plan := x.plan.MethodOf(x.event.Trial)
	rank := 0
	for _, part := range x.measuredParts() {
		rank += x.asked(part)
	}
	validations := plannedValidations(plan) * x.asked(contract.PartValidation)
	x.tracker.Plan(
		progress.Work{Kind: workValidate, Total: float64(validations), Weight: progress.RankWeight},
		progress.Work{Kind: workRank, Total: float64(rank), Weight: progress.RankWeight},
	)
	if plan.Train == nil && plan.Pipeline == nil {
		x.tracker.Plan(progress.Work{Kind: workTrain, Total: 1, Weight: fitWeight * float64(rank) * progress.RankWeight})
	}
}

// plannedValidations is how many validations there are where none ends the training.
func plannedValidations(m experiment.MethodPlan) int {
	switch {
	case m.Pipeline != nil:
		return m.Pipeline.Validations()
	case m.Train != nil:
		return m.Train.Validations(m.Train.Epochs)
	}
	return 0
}

// asked is how many users of a part are ranked.
func (x *execution) asked(part contract.Part) int {
	switch {
	case x.split == nil: // the data cannot be read
		return 0
	case part == contract.PartTest:
		return usersIn(x.split.Test)
	}
	return usersIn(x.split.Validation)
}

func usersIn(part *data.Interactions) (n int) {
	for u := 0; part != nil && u < part.Users; u++ {
		if len(part.Row(u)) > 0 {
			n++
		}
	}
	return n
}

// ranking reports users of one evaluation of a kind, behind those of the evaluations before it.
func (x *execution) ranking(kind string, before int) contract.OnProgress {
	return func(p contract.Progress) {
		x.tracker.Reach(kind, float64(before)+float64(p.Done))
		x.progress.Report(p)
	}
}

// whole follows the documents of a pipeline.
func (x *execution) whole(o contract.Objective, done, total int64) {
	x.tracker.Advance(progress.Work{Kind: string(o), Done: float64(done), Total: float64(total), Weight: 1})
}

// epochs follows a recommender that learns in epochs: each counts as a document for every
// user who has a history.
func (x *execution) epochs(done float64, of int) {
	users := float64(usersIn(x.split.Training.Interactions))
	x.tracker.Advance(progress.Work{Kind: workTrain, Done: done * users, Total: float64(of) * users, Weight: 1})
}

// fitting follows a fit that says how far it is.
func (x *execution) fitting(p contract.Progress) {
	if p.Total > 0 {
		x.tracker.Reach(workTrain, float64(p.Done)/float64(p.Total))
	}
	x.progress.Report(p)
}

// validated measures a ranker on validation, the next time of several.
func (x *execution) validated(ctx context.Context, r eval.Ranker, o eval.Options) (*eval.Result, error) {
	users := x.asked(contract.PartValidation)
	o.OnProgress = x.ranking(workValidate, x.validations*users)
	x.validations++
	return eval.Evaluate(ctx, r, x.split, contract.PartValidation, o)
}

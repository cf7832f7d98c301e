package run

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/experiment"
	"cllm4rec/core/stage"
)

// sharedStages is what the stages of a trial have to do with those of other trials
// that are still to run.
type sharedStages struct {
	experiment.TrialStages
	// selectedBy is the trial that selects within the same pretraining, this one
	// before others; nil: none.
	selectedBy *experiment.Trial
	selected   *experiment.StageResult
	own        bool
	wanted     bool            // by others: the last epoch of pretraining
	ends       map[string]bool // keys of Ends that others take too
}

// sharedOf looks which trials of the plan share the stages of one.
func sharedOf(plan *experiment.Plan, t experiment.Trial, toRun func(experiment.Trial) bool) (s sharedStages, err error) {
	s.ends = map[string]bool{}
	if s.TrialStages, err = plan.Stages(t); err != nil || s.Path() == nil {
		return s, err
	}
	if s.own = s.Selected != nil; s.own {
		s.selected, s.selectedBy = s.Selected, &t
	}
	for _, other := range plan.Trials {
		if other.Dataset != t.Dataset || other.Seed != t.Seed || other.Key == t.Key || !toRun(other) {
			continue
		}
		o, err := plan.Stages(other)
		if err != nil {
			return s, err
		}
		for _, r := range o.Ends() {
			if slices.ContainsFunc(s.Ends(), func(own *experiment.StageResult) bool { return own.Key == r.Key }) {
				s.ends[r.Key] = true
			}
		}
		switch {
		case s.Pretrain == nil || o.Pretrain == nil || o.Pretrain.Key != s.Pretrain.Key:
		case o.Selected == nil:
			s.wanted = true
		case s.selected == nil:
			s.selected, s.selectedBy = o.Selected, &other
		}
	}
	return s, nil
}

// sharing is what the trial shares over the store of stages; nil without one.
func (m *pipeline) sharing() (*cllm4rec.Sharing, error) {
	x := m.x
	if x.Stages == nil {
		return nil, nil
	}
	s, err := sharedOf(x.plan, x.event.Trial, func(t experiment.Trial) bool { return !x.finished(t) })
	if err != nil {
		return nil, err
	}
	out := &cllm4rec.Sharing{
		Store: x.Stages, Warmup: x.sharedResult(s.Warmup), Pretrain: x.sharedResult(s.Pretrain), Wanted: s.wanted,
		Finetune: x.sharedEnd(s.Finetune), Joint: x.sharedEnd(s.Joint),
		Keeps: func(r *cllm4rec.Shared, seconds float64) bool { return x.keeps(s.ends[r.Key], seconds) },
	}
	if s.selected != nil && x.split.Validation != nil {
		selection := x.plan.MethodOf(*s.selectedBy).Pipeline.Select
		out.Selected = &cllm4rec.Selected{Shared: *x.sharedResult(s.selected), Select: selection}
	}
	return out, nil
}

func (x *execution) sharedResult(r *experiment.StageResult) *cllm4rec.Shared {
	if r == nil {
		return nil
	}
	return &cllm4rec.Shared{Key: r.Key, About: stage.About{What: r.What, Content: r.Content, Program: x.versions.Program}}
}

// sharedEnd is a trained model in the store. A search takes none that is there: what its
// configurations take decides how many of them there are.
func (x *execution) sharedEnd(r *experiment.StageResult) *cllm4rec.Shared {
	if r == nil || x.event.Search && x.Stages.Has(r.Key) {
		return nil
	}
	return x.sharedResult(r)
}

// worthStoring is how long a training takes at least whose model is stored, where no other
// trial of the plan is known to take it: the model of a shorter one costs more room than it
// spares time.
const worthStoring = time.Minute

// keeps reports whether a trained model is left in the store.
func (x *execution) keeps(wanted bool, seconds float64) bool {
	return wanted || seconds >= cmp.Or(x.WorthStoring, worthStoring).Seconds()
}

// validate scores the tower that ranks, as it is.
func (m *pipeline) validate(ctx context.Context, r cllm4rec.Ranker, metrics []string) (float64, error) {
	return m.x.score(ctx, r, metrics)
}

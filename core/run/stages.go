package run

import (
	"context"

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
	wanted     bool // by others: the last epoch of pretraining
}

// sharedOf looks which trials of the plan share the pretraining of one.
func sharedOf(plan *experiment.Plan, t experiment.Trial, toRun func(experiment.Trial) bool) (s sharedStages, err error) {
	if s.TrialStages, err = plan.Stages(t); err != nil || s.Pretrain == nil {
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
		switch {
		case o.Pretrain == nil || o.Pretrain.Key != s.Pretrain.Key:
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
	out := &cllm4rec.Sharing{Store: x.Stages, Warmup: x.sharedResult(s.Warmup), Pretrain: x.sharedResult(s.Pretrain), Wanted: s.wanted}
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

// validate scores the tower that ranks, as it is.
func (m *pipeline) validate(ctx context.Context, r cllm4rec.Ranker, metrics []string) (float64, error) {
	return m.x.score(ctx, r, metrics)
}

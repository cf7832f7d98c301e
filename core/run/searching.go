package run

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/search"
)

// searching is the search of a method on a data set.
type searching struct {
	plan            *experiment.Plan
	dataset, method int
	settings        experiment.SearchPlan
	configuring     *sync.Mutex // a plugin is asked about values by one at a time
	// measure is the record of the one trial of a plan.
	measure func(ctx context.Context, trying *experiment.Plan) (rec *record.Record, made bool, err error)
	// remove takes trained models out of the store of stages.
	remove  func(keys []string)
	models  map[int][]string // that this process left there, by place in tried: of the best so far
	tried   []experiment.Tried
	history []search.Trial          // as tried
	plans   []experiment.MethodPlan // as tried
}

func newSearching(plan *experiment.Plan, dataset, method int, configuring *sync.Mutex) *searching {
	return &searching{plan: plan, dataset: dataset, method: method, settings: *plan.Methods[method].Search, configuring: configuring, models: map[int][]string{}}
}

// run tries configurations until the budget or the space is at its end.
func (s *searching) run(ctx context.Context) (*experiment.Choice, error) {
	sampler, err := sampler(s.settings)
	if err != nil { // its plugin did not answer when the plan was made
		s.failed(err.Error())
		return s.choice(), nil
	}
	for len(s.tried) < s.settings.Trainings() && !s.late() {
		next, err := sampler.Suggest(s.history, 1)
		if err != nil {
			return nil, err
		}
		if len(next) == 0 { // the space, or the last rung, is at its end
			break
		}
		if err := s.try(ctx, next[0]); err != nil {
			return nil, err
		}
	}
	return s.chosen(ctx)
}

// sampler is the one that a search asks for.
func sampler(p experiment.SearchPlan) (search.Sampler, error) {
	space, _, err := search.NewSpace(p.Space)
	if err != nil {
		return nil, err
	}
	var from search.Sampler
	switch p.Sampler {
	case experiment.SamplerGrid:
		return search.NewGrid(space)
	case experiment.SamplerHalving:
		return search.NewHalving(space, p.Seed, p.Rungs, experiment.EpochsSetting, search.Maximise)
	case experiment.SamplerRandom:
		from = search.NewRandom(space, p.Seed)
	case experiment.SamplerQuasiRandom:
		from = search.NewHalton(space, p.Seed)
	case experiment.SamplerTPE:
		from, err = search.NewTPE(space, p.Seed, search.TPEOptions{Direction: search.Maximise})
	default:
		err = contract.Errorf(contract.ErrInvalid, "the plan has the unknown sampler %q", p.Sampler)
	}
	return search.NewDistinct(from, space, p.Seed), err
}

// late reports whether the time of the search is over.
func (s *searching) late() bool {
	spent := experiment.Choice{Tried: s.tried}.Seconds()
	return s.settings.Time > 0 && spent >= s.settings.Time.Seconds()
}

// choice is the best of what was tried, on the highest rung that was reached where there are
// rungs; of equal scores the first.
func (s *searching) choice() *experiment.Choice {
	c := &experiment.Choice{Dataset: s.dataset, Method: s.method, Best: -1, Tried: s.tried}
	for i, t := range s.tried {
		if t.Score != nil && (c.Best < 0 || s.beats(t, s.tried[c.Best])) {
			c.Best = i
		}
	}
	if c.Best >= 0 {
		c.Plan = s.plans[c.Best]
	}
	return c
}

// chosen is the choice as it runs: with all epochs, also where its rung had fewer.
func (s *searching) chosen(ctx context.Context) (*experiment.Choice, error) {
	c := s.choice()
	if c.Best < 0 || s.settings.Rungs == nil {
		return c, nil
	}
	values := maps.Clone(s.tried[c.Best].Values)
	values[experiment.EpochsSetting] = int64(s.settings.Rungs[len(s.settings.Rungs)-1].Epochs)
	var err error
	c.Plan, err = s.configuration(ctx, values)
	return c, err
}

// beats reports whether one configuration that was measured is better than another.
func (s *searching) beats(a, b experiment.Tried) bool {
	if s.settings.Rungs != nil {
		up := a.Values[experiment.EpochsSetting].(int64) - b.Values[experiment.EpochsSetting].(int64) // its sampler set them
		if up != 0 {
			return up > 0
		}
	}
	return *a.Score > *b.Score
}

// try measures one configuration on validation. That it fails is noted and ends nothing.
func (s *searching) try(ctx context.Context, values search.Assignment) error {
	m, err := s.configuration(ctx, values)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		s.note(experiment.Tried{Values: values, Error: err.Error()}, m)
		return nil
	}
	trying, err := s.plan.Trying(s.dataset, s.method, m)
	if err != nil {
		return err
	}
	rec, made, err := s.measure(ctx, trying)
	if err != nil {
		return err
	}
	s.note(s.outcome(values, rec), m)
	if made {
		return s.keepBest(rec)
	}
	return nil
}

// keepBest removes the models that configurations left, but for that of the best so far,
// which is run again.
func (s *searching) keepBest(last *record.Record) error {
	keys, err := modelsOf(last)
	if err != nil {
		return err
	}
	s.models[len(s.tried)-1] = keys
	best := s.choice().Best
	for i, keys := range s.models {
		if i != best {
			s.remove(keys)
			delete(s.models, i)
		}
	}
	return nil
}

// modelsOf are the keys of the trained models that a trial left in the store of stages.
func modelsOf(rec *record.Record) (keys []string, err error) {
	if rec.Fit != nil && rec.Fit.Made {
		keys = append(keys, rec.Fit.Key)
	}
	if rec.Pipeline == nil {
		return keys, nil
	}
	var report cllm4rec.Report
	err = json.Unmarshal(rec.Pipeline, &report)
	for _, s := range report.Stages {
		if s.Made && (s.Stage == cllm4rec.StageFinetune || s.Stage == cllm4rec.StageJoint) {
			keys = append(keys, s.Key)
		}
	}
	return keys, err
}

// configuration asks the plugin about values.
func (s *searching) configuration(ctx context.Context, values search.Assignment) (experiment.MethodPlan, error) {
	s.configuring.Lock()
	defer s.configuring.Unlock()
	return s.plan.Configuration(ctx, s.method, values)
}

// outcome is what a record says of the values that it was made with.
func (s *searching) outcome(values search.Assignment, rec *record.Record) experiment.Tried {
	t := experiment.Tried{Values: values, Key: rec.Key, Error: rec.Error}
	if !slices.ContainsFunc(s.tried, func(before experiment.Tried) bool { return before.Key == rec.Key }) {
		t.Seconds = rec.Finished.Sub(rec.Started).Seconds() // once, though samplers may repeat themselves
	}
	if rec.Status == record.Done {
		score := 0.0
		for _, metric := range s.settings.Metrics {
			score += rec.Result(string(contract.PartValidation)).Means[metric]
		}
		t.Score = &score
	}
	return t
}

// failed notes that nothing can be tried.
func (s *searching) failed(why string) {
	s.note(experiment.Tried{Error: why}, experiment.MethodPlan{})
}

// note remembers what was tried.
func (s *searching) note(t experiment.Tried, m experiment.MethodPlan) {
	trial := search.Trial{Params: t.Values, State: search.Failed}
	if t.Score != nil {
		trial.State, trial.Value = search.Complete, *t.Score
	}
	s.tried, s.plans, s.history = append(s.tried, t), append(s.plans, m), append(s.history, trial)
}

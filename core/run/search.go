package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/search"

	"golang.org/x/sync/errgroup"
)

// search chooses a configuration of every searched method on a data set, and takes it
// into the plan. Searches run side by side as trials do; each tries one configuration
// after another. Configurations with a finished record are not run again, so that a
// search that was stopped goes on where it was.
func (r *runner) search(ctx context.Context, d int, in input) error {
	if !slices.ContainsFunc(r.plan.Methods, func(m experiment.MethodPlan) bool { return m.Search != nil }) {
		return nil
	}
	choices := make([]*experiment.Choice, len(r.plan.Methods))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(r.Jobs)
	for m := range r.plan.Methods {
		if r.plan.Methods[m].Search == nil {
			continue
		}
		group.Go(func() (err error) {
			s := &searching{runner: r, dataset: d, method: m, in: in, plan: *r.plan.Methods[m].Search}
			choices[m], err = s.run(inner)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, c := range choices {
		if c == nil {
			continue
		}
		if err := r.plan.Choose(*c); err != nil {
			return err
		}
	}
	return r.chosen(d, choices, in.split)
}

// chosen saves a plan that has more trials now, and finds those that are finished.
func (r *runner) chosen(d int, choices []*experiment.Choice, split *data.Split) error {
	for m, c := range choices {
		if c != nil && c.Best < 0 {
			r.fruitless(d, m, c)
		}
	}
	if err := r.Store.SavePlan(r.plan); err != nil {
		return err
	}
	var err error
	if r.done, err = Finished(r.plan, r.Store); err != nil {
		return err
	}
	return r.sameData(d, split)
}

// fruitless counts a search of which every configuration failed.
func (r *runner) fruitless(d, m int, c *experiment.Choice) {
	r.summary.Failed++
	if r.summary.Err == nil {
		r.summary.Err = fmt.Errorf("%s on %s: each of %d configurations failed; the last: %s", r.plan.Methods[m].Name, r.plan.Datasets[d].Label(), len(c.Tried), c.Tried[len(c.Tried)-1].Error)
	}
}

// searching is the search of a method on a data set.
type searching struct {
	*runner
	dataset, method int
	in              input
	plan            experiment.SearchPlan
	dry             bool // only looks for records
	tried           []experiment.Tried
	history         []search.Trial          // as tried
	plans           []experiment.MethodPlan // as tried
}

// run tries configurations until the budget or the space is at its end.
func (s *searching) run(ctx context.Context) (*experiment.Choice, error) {
	if s.in.split != nil && s.in.split.Validation == nil { // of a given split only the files tell
		s.note(experiment.Tried{Error: "the split has no validation part, on which a search is decided"}, experiment.MethodPlan{})
		return s.choice(), nil
	}
	sampler, err := sampler(s.plan)
	if err != nil { // its plugin did not answer when the plan was made
		s.note(experiment.Tried{Error: err.Error()}, experiment.MethodPlan{})
		return s.choice(), nil
	}
	for len(s.tried) < s.plan.Trials && !s.late() {
		next, err := sampler.Suggest(s.history, 1)
		if err != nil {
			return nil, err
		}
		if len(next) == 0 { // the grid is at its end
			break
		}
		if err := s.try(ctx, next[0]); err != nil {
			return nil, err
		}
	}
	return s.choice(), nil
}

// late reports whether the time of the search is over.
func (s *searching) late() bool {
	spent := experiment.Choice{Tried: s.tried}.Seconds()
	return s.plan.Time > 0 && spent >= s.plan.Time.Seconds()
}

// choice is the best of what was tried; of equal scores the first.
func (s *searching) choice() *experiment.Choice {
	c := &experiment.Choice{Dataset: s.dataset, Method: s.method, Best: -1, Tried: s.tried}
	for i, t := range s.tried {
		if t.Score != nil && (c.Best < 0 || *t.Score > *s.tried[c.Best].Score) {
			c.Best = i
		}
	}
	if c.Best >= 0 {
		c.Plan = s.plans[c.Best]
	}
	return c
}

// try measures one configuration on validation, unless it has a record. That it fails
// is noted and ends nothing.
func (s *searching) try(ctx context.Context, values search.Assignment) error {
	t := experiment.Tried{Values: values}
	m, err := s.configuration(ctx, values)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		t.Error = err.Error()
		s.note(t, m)
		return nil
	}
	rec, err := s.measured(ctx, m)
	if err != nil {
		return err
	}
	t.Key, t.Error = rec.Key, rec.Error
	if !slices.ContainsFunc(s.tried, func(before experiment.Tried) bool { return before.Key == rec.Key }) {
		t.Seconds = rec.Finished.Sub(rec.Started).Seconds() // once, though samplers may repeat themselves
	}
	if rec.Status == record.Done {
		score := 0.0
		for _, metric := range s.plan.Metrics {
			score += rec.Result(string(contract.PartValidation)).Means[metric]
		}
		t.Score = &score
	}
	s.note(t, m)
	return nil
}

// note remembers what was tried.
func (s *searching) note(t experiment.Tried, m experiment.MethodPlan) {
	trial := search.Trial{Params: t.Values, State: search.Failed}
	if t.Score != nil {
		trial.State, trial.Value = search.Complete, *t.Score
	}
	s.tried, s.plans, s.history = append(s.tried, t), append(s.plans, m), append(s.history, trial)
}

// sampler is the one that a search asks for.
func sampler(p experiment.SearchPlan) (search.Sampler, error) {
	space, _, err := search.NewSpace(p.Space)
	if err != nil {
		return nil, err
	}
	switch p.Sampler {
	case experiment.SamplerGrid:
		return search.NewGrid(space)
	case experiment.SamplerRandom:
		return search.NewRandom(space, p.Seed), nil
	case experiment.SamplerQuasiRandom:
		return search.NewHalton(space, p.Seed), nil
	case experiment.SamplerTPE:
		return search.NewTPE(space, p.Seed, search.TPEOptions{Direction: search.Maximise})
	}
	return nil, contract.Errorf(contract.ErrInvalid, "the plan has the unknown sampler %q", p.Sampler)
}

// configuration asks the plugin about values; a plugin is asked by one at a time.
func (s *searching) configuration(ctx context.Context, values search.Assignment) (experiment.MethodPlan, error) {
	s.configuring.Lock()
	defer s.configuring.Unlock()
	return s.runner.plan.Configuration(ctx, s.method, values)
}

// measured is the record of a configuration, found or made.
func (s *searching) measured(ctx context.Context, m experiment.MethodPlan) (*record.Record, error) {
	plan, err := s.runner.plan.Trying(s.dataset, s.method, m)
	if err != nil {
		return nil, err
	}
	key := plan.Trials[0].Key
	e := Event{
		Number: len(s.tried) + 1, Total: s.plan.Trials, Trial: plan.Trials[0], Dataset: plan.Datasets[0].Label(), Method: plan.Methods[0].Name + " (search)",
	}
	defer s.claim(key)()
	rec, err := s.found(key)
	if err == nil {
		s.quietly(func() { s.Watch.Cached(e) })
		return rec, nil
	}
	if !errors.Is(err, contract.ErrNotFound) {
		return nil, err
	}
	if s.dry {
		return nil, errUntried
	}
	return s.alone(plan).only(ctx, e, s.in)
}

// claim waits until no other search has a key, and takes it until the function that it
// returns is called: two rows may ask for the same configuration.
func (s *searching) claim(key string) (release func()) {
	other, _ := s.claims.LoadOrStore(key, &sync.Mutex{})
	claimed := other.(*sync.Mutex) // nothing else is stored there
	claimed.Lock()
	return claimed.Unlock
}

// errUntried ends a search that only looks for records.
var errUntried = errors.New("the next configuration has no record")

// Searched is how far the search of a method on a data set is.
type Searched struct {
	Dataset, Method int
	Tried           int // configurations that have a record
	Over            bool
}

// TakeChoices takes into a plan what searches chose whose configurations all have
// records, and says how far each search is. It runs nothing; store may be nil.
func TakeChoices(ctx context.Context, plan *experiment.Plan, store *record.Store) ([]Searched, error) {
	var all []Searched
	r := &runner{plan: plan, Options: Options{Store: store, Watch: silent{}}, shared: &shared{}}
	for d := range plan.Datasets {
		for m := range plan.Methods {
			if plan.Methods[m].Search == nil {
				continue
			}
			s := &searching{runner: r, dataset: d, method: m, plan: *plan.Methods[m].Search, dry: true}
			c, err := s.run(ctx)
			if err != nil && !errors.Is(err, errUntried) {
				return nil, err
			}
			all = append(all, Searched{Dataset: d, Method: m, Tried: len(s.tried), Over: err == nil})
			if err == nil {
				if err := plan.Choose(*c); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// silent is a watcher that tells nobody.
type silent struct{}

func (silent) Note(string)                        {}
func (silent) Reading(string) contract.OnProgress { return nil }
func (silent) Started(Event) contract.OnProgress  { return nil }
func (silent) Ended(Event, *record.Record)        {}
func (silent) Cached(Event)                       {}
func (silent) Unreadable(string, int, error)      {}

// found is the record of a configuration that was tried, also of one that failed.
// ErrNotFound when there is none, or when it lacks a metric that decides.
func (s *searching) found(key string) (*record.Record, error) {
	if s.Store == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "there are no records")
	}
	rec, err := s.Store.Load(key)
	switch {
	case err != nil || rec.Status == record.Failed:
		return rec, err
	case !rec.Finishes() || slices.ContainsFunc(s.plan.Metrics, func(metric string) bool {
		_, measured := rec.Result(string(contract.PartValidation)).Means[metric]
		return !measured
	}):
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s was measured by other metrics", key)
	case s.in.split != nil && rec.Data.Fingerprint != s.in.split.Fingerprint:
		return nil, changedData(s.in.split, rec, s.Store)
	}
	return rec, nil
}

func (s *searching) quietly(tell func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tell()
}

// alone is a runner of another plan, over the same records, screen and data.
func (r *runner) alone(plan *experiment.Plan) *runner {
	o := r.Options
	o.KeepModels = false
	return &runner{
		Options: o, plan: plan, versions: r.versions, environment: r.environment, shared: r.shared, embedded: r.embedded,
		done: map[string]*record.Record{},
	}
}

// only runs the one trial of a plan and returns its record, of a failure too.
func (r *runner) only(ctx context.Context, e Event, in input) (*record.Record, error) {
	x := &execution{runner: r, event: e, split: in.split, rec: r.newRecord(e, in)}
	x.progress = r.started(e)
	err := r.limited(ctx, x.run)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return x.rec, r.ended(x, err)
}

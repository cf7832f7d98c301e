package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"

	"golang.org/x/sync/errgroup"
)

// search chooses a configuration of every searched method on a data set, and takes it
// into the plan. Searches run side by side as trials do; each tries one configuration
// after another. Configurations with a record are not run again, so that a search that
// was stopped goes on where it was.
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
			choices[m], err = r.searchOf(inner, d, m, in)
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
		if c.Best < 0 {
			r.fruitless(c)
		}
		if err := r.plan.Choose(*c); err != nil {
			return err
		}
	}
	return r.chosen(d, in.split)
}

// searchOf searches one method on a data set.
func (r *runner) searchOf(ctx context.Context, d, m int, in input) (*experiment.Choice, error) {
	s := newSearching(r.plan, d, m, &r.configuring)
	if in.split.Validation == nil { // of a given split only the files tell
		s.failed("the split has no validation part, on which a search is decided")
		return s.choice(), nil
	}
	s.measure = func(ctx context.Context, trying *experiment.Plan) (*record.Record, error) {
		return r.measured(ctx, trying, len(s.tried)+1, s.settings.Trials, in)
	}
	return s.run(ctx)
}

// chosen saves a plan that has more trials now, and finds those that are finished.
func (r *runner) chosen(d int, split *data.Split) error {
	if err := r.Store.SavePlan(r.plan); err != nil {
		return err
	}
	done, err := r.finishedOf(func(t experiment.Trial) bool { return t.Dataset == d && !r.finished(t) })
	if err != nil {
		return err
	}
	maps.Copy(r.done, done)
	return r.sameData(d, split)
}

// fruitless counts a search of which every configuration failed.
func (r *runner) fruitless(c *experiment.Choice) {
	r.summary.Failed++
	if r.summary.Err == nil {
		r.summary.Err = fmt.Errorf("%s on %s: each of %d configurations failed; the last: %s",
			r.plan.Methods[c.Method].Name, r.plan.Datasets[c.Dataset].Label(), len(c.Tried), c.Tried[len(c.Tried)-1].Error)
	}
}

// measured is the record of the one trial of a plan, which tries a configuration, so
// many of so many: found, or made.
func (r *runner) measured(ctx context.Context, trying *experiment.Plan, number, of int, in input) (*record.Record, error) {
	t := trying.Trials[0]
	defer r.claim(t.Key)()
	e := Event{Number: number, Total: of, Trial: t, Dataset: trying.Datasets[0].Label(), Method: trying.Methods[0].Name + " (search)"}
	rec, err := found(r.Store, trying)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return r.alone(trying).only(ctx, e, in)
	case err == nil && rec.Status == record.Done && rec.Data.Fingerprint != in.split.Fingerprint:
		return nil, changedData(in.split, rec.Key, rec.Data.Fingerprint, r.Store)
	case err == nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.Watch.Cached(e)
	}
	return rec, err
}

// claim waits until no other search has a key, and takes it until the function that it
// returns is called: two rows may ask for the same configuration.
func (r *runner) claim(key string) (release func()) {
	other, _ := r.claims.LoadOrStore(key, &sync.Mutex{})
	claimed := other.(*sync.Mutex) // nothing else is stored there
	claimed.Lock()
	return claimed.Unlock
}

// found is the record of a configuration that was tried, also of one that failed.
// ErrNotFound when there is none, or when it lacks a metric that decides.
func found(store *record.Store, trying *experiment.Plan) (*record.Record, error) {
	rec, err := store.Load(trying.Trials[0].Key)
	if err != nil || rec.Status == record.Failed {
		return rec, err
	}
	lacks := func(metric string) bool {
		_, measured := rec.Result(string(contract.PartValidation)).Means[metric]
		return !measured
	}
	if !rec.Finishes() || slices.ContainsFunc(trying.Evaluate.Metrics, lacks) {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s was measured by other metrics", rec.Key)
	}
	return rec, nil
}

// alone is a runner of another plan, over the same records, screen and data.
func (r *runner) alone(plan *experiment.Plan) *runner {
	o := r.Options
	o.KeepModels = false
	return &runner{
		Options: o, plan: plan, versions: r.versions, environment: r.environment, shared: r.shared, embedded: r.embedded,
		done: map[string]record.Head{},
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

package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
)

// searchable are the searched methods, or that of the task, that have no configuration yet on
// a data set and whose needs have come to an end.
func (r *runner) searchable(d int) (methods []int) {
	for m := range r.plan.Methods {
		if r.plan.Methods[m].Search == nil || !r.plan.Selected(m) || r.task != nil && m != r.task.Method || r.chose[cell{dataset: d, method: m}] {
			continue
		}
		if needs, known := r.plan.SearchNeeds(d, m); known && r.settledAll(needs) {
			methods = append(methods, m)
		}
	}
	return methods
}

// search chooses a configuration of methods on a data set and takes it into the plan.
// Searches run side by side as trials do; each tries one configuration
// after another. Configurations with a record are not run again, so that a search that
// was stopped goes on where it was. What it returns is left to others.
func (r *runner) search(ctx context.Context, d int, methods []int, in input) (left []*entry, err error) {
	var units []unit
	for _, m := range methods {
		key, err := r.plan.SearchKey(d, m)
		if err != nil {
			return nil, err
		}
		units = append(units, &searchUnit{r: r, dataset: d, method: m, key: key, in: in})
	}
	if left, err = work(ctx, r.Store, units, r.Jobs); err != nil || len(left) == len(units) {
		return left, err
	}
	for _, u := range units {
		if err := r.choose(u.(*searchUnit).choice); err != nil {
			return nil, err
		}
	}
	err = r.chosen(ctx, d, in.split)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Watch.Planned(r.plan)
	return left, err
}

// searchUnit is the search of a method on a data set. Its outcome is seen only by
// going through its records, which is what it does when another process has searched.
type searchUnit struct {
	r               *runner
	dataset, method int
	key             string
	in              input
	choice          *experiment.Choice // nil before
}

func (u *searchUnit) claim() string { return "search-" + u.key }

func (u *searchUnit) settled() (bool, error) { return false, nil }

func (u *searchUnit) ready() bool { return true }

func (u *searchUnit) do(ctx context.Context, place int) (err error) {
	u.choice, err = u.r.searchOf(ctx, u.dataset, u.method, u.in, place)
	return err
}

func (u *searchUnit) String() string {
	return fmt.Sprintf("the search of %s on %s", u.r.plan.Methods[u.method].Name, u.r.plan.Datasets[u.dataset].Label())
}

// choose takes the outcome of a search into the plan; nil is none.
func (r *runner) choose(c *experiment.Choice) error {
	if c == nil {
		return nil
	}
	r.chose[cell{dataset: c.Dataset, method: c.Method}] = true
	if err := r.plan.Choose(*c); err != nil || c.Best >= 0 {
		return err
	}
	r.fruitless(c)
	return nil
}

// searchOf searches one method on a data set.
func (r *runner) searchOf(ctx context.Context, d, m int, in input, place int) (*experiment.Choice, error) {
	s := newSearching(r.plan, d, m, &r.configuring)
	if in.split.Validation == nil { // of a given split only the files tell
		s.failed("the split has no validation part, on which a search is decided")
		return s.choice(), nil
	}
	needs, _ := r.plan.SearchNeeds(d, m)
	if err := r.lacking(needs); err != nil {
		s.failed(err.Error())
		return s.choice(), nil
	}
	s.measure = func(ctx context.Context, trying *experiment.Plan) (*record.Record, bool, error) {
		return r.measured(ctx, trying, len(s.tried)+1, s.settings.Trainings(), in, place)
	}
	s.remove = r.removeModels
	return s.run(ctx)
}

// removeModels takes trained models out of the store of stages, but for those in use. What
// stays by a failure is for prune.
func (r *runner) removeModels(keys []string) {
	for _, key := range keys {
		if _, err := r.Stages.Remove(stage.Entry{Key: key}); err != nil {
			r.mu.Lock()
			r.Watch.Note(fmt.Sprintf("a trained model that nothing needs stays in the store of stages: %v", err))
			r.mu.Unlock()
		}
	}
}

// chosen saves a plan that has more trials now, and finds those that are finished.
func (r *runner) chosen(ctx context.Context, d int, split *data.Split) error {
	if _, err := SavePlan(ctx, r.Store, r.plan); err != nil {
		return err
	}
	if err := r.recall(func(t experiment.Trial) bool { return t.Dataset == d && !r.finished(t) && !r.failed[t.Key] }); err != nil {
		return err
	}
	return r.sameData(d, split)
}

// fruitless counts a search of which every configuration failed, and the methods that need it.
func (r *runner) fruitless(c *experiment.Choice) {
	r.summary.Failed++
	name, data := r.plan.Methods[c.Method].Name, r.plan.Datasets[c.Dataset].Label()
	if r.summary.Err == nil {
		r.summary.Err = fmt.Errorf("%s on %s: each of %d configurations failed; the last: %s", name, data, len(c.Tried), c.Tried[len(c.Tried)-1].Error)
	}
	for m, method := range r.plan.Methods {
		if m != c.Method && r.plan.Selected(m) && r.plan.Hopeless(c.Dataset, m) == name {
			r.summary.Failed++
			r.mu.Lock()
			r.Watch.Note(fmt.Sprintf("%s on %s is not run: it needs %s, of whose search each configuration failed", method.Name, data, name))
			r.mu.Unlock()
		}
	}
}

// measured is the record of the one trial of a plan, which tries a configuration, so
// many of so many: found, or made now. Two rows may ask for the same configuration, here and in
// other processes.
func (r *runner) measured(ctx context.Context, trying *experiment.Plan, number, of int, in input, place int) (rec *record.Record, made bool, err error) {
	t := trying.Trial()
	e := Event{Search: true, Number: number, Total: of, Trial: t, Dataset: trying.Datasets[0].Label(), Method: trying.Methods[t.Method].Name + SearchSuffix}
	rec, err = r.tryable(trying)
	if errors.Is(err, contract.ErrNotFound) {
		err = r.Store.Claimed(ctx, t.Key, func(ctx context.Context) error {
			if rec, err = r.tryable(trying); errors.Is(err, contract.ErrNotFound) {
				made = true
				rec, err = r.alone(trying).only(ctx, e, in, place)
				r.noteTried(t.Key)
			}
			return err
		})
	}
	switch {
	case err != nil || made:
		return rec, made, err
	case rec.Status == record.Done && rec.Data.Fingerprint != in.split.Fingerprint:
		return nil, false, changedData(in.split, rec.Key, rec.Data.Fingerprint, r.Store)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Watch.Cached(e, rec.Head())
	return rec, false, nil
}

// tryable is found, but that each run tries a configuration once more whose plugin died
// before, as it does with trials: a search then ends as if nothing had been killed.
func (r *runner) tryable(trying *experiment.Plan) (*record.Record, error) {
	rec, err := found(r.Store, trying)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && rec.Died && !r.tried[rec.Key] {
		return nil, contract.Errorf(contract.ErrNotFound, "the plugin of trial %s died", rec.Key)
	}
	return rec, err
}

func (r *runner) noteTried(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried[key] = true
}

// found is the record of a configuration that was tried, also of one that failed.
// ErrNotFound when there is none, or when it lacks a metric that decides.
func found(store *record.Store, trying *experiment.Plan) (*record.Record, error) {
	rec, err := store.Load(trying.Trial().Key)
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

// alone is a runner of another plan, over the same records and screen.
func (r *runner) alone(plan *experiment.Plan) *runner {
	o := r.Options
	o.KeepModels = false
	other := newRunner(plan, o)
	other.task, other.shared, other.versions, other.environment = r.task, r.shared, r.versions, r.environment
	return other
}

// only runs the one trial of a plan and returns its record, of a failure too.
func (r *runner) only(ctx context.Context, e Event, in input, place int) (*record.Record, error) {
	x := r.newExecution(e, in, place)
	x.started()
	err := r.limited(ctx, x.run)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return x.rec, r.ended(x, err)
}

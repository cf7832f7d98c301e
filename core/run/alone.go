package run

import (
	"context"
	"errors"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// RunTask does one task of a plan that was read from disk, beside other processes that
// have the folder open. It refuses a plan of which something that the task uses has changed
// since: ErrBadData. A trial whose need has no record is an ErrNotFound.
func RunTask(ctx context.Context, plan *experiment.Plan, t Task, plugins experiment.Catalogue, o Options) (Summary, error) {
	r := newRunner(plan, o)
	r.task = &t
	plan.Attach(plugins)
	err := r.prepareTask(ctx, t, plugins)
	if err == nil {
		err = r.doTask(ctx, t)
	}
	return r.summary, err
}

// prepareTask holds what the task uses against the plan, and takes what earlier tasks did
// into it.
func (r *runner) prepareTask(ctx context.Context, t Task, plugins experiment.Catalogue) error {
	if err := r.plan.DatasetUnchanged(ctx, plugins, t.Dataset); err != nil || t.Kind == TaskData {
		return err
	}
	if _, err := TakeChoices(ctx, r.plan, r.Store, t.Kind == TaskSearch); err != nil {
		return err
	}
	if _, err := SavePlan(ctx, r.Store, r.plan); err != nil {
		return err
	}
	if err := r.plan.MethodUnchanged(ctx, plugins, t.Dataset, t.Method); err != nil {
		return err
	}
	return r.recall(func(other experiment.Trial) bool { return other.Dataset == t.Dataset })
}

func (r *runner) doTask(ctx context.Context, t Task) error {
	in, err := r.open(ctx, t.Dataset)
	if in == nil || err != nil {
		return err
	}
	switch t.Kind {
	case TaskSearch:
		return r.searchTask(ctx, t, *in)
	case TaskTrial:
		return r.trialTask(ctx, t, *in)
	}
	r.summary.Done++
	return nil
}

// searchTask searches one method, or waits for the process that does.
func (r *runner) searchTask(ctx context.Context, t Task, in input) error {
	if needs, known := r.plan.SearchNeeds(t.Dataset, t.Method); !known || !r.settledAll(needs) {
		return contract.Errorf(contract.ErrNotFound, "the search of %s on %s needs a trial of each method whose vectors it takes, and not all have a finished record: do those first", r.plan.Methods[t.Method].Name, r.plan.Datasets[t.Dataset].Label())
	}
	err := r.until(ctx, func() ([]*entry, error) { return r.search(ctx, t.Dataset, r.searchable(t.Dataset), in) })
	if err == nil && r.summary.Failed == 0 {
		r.summary.Done++
	}
	return err
}

// trialTask does one trial, or waits for the process that does, and for those that do what
// it needs.
func (r *runner) trialTask(ctx context.Context, t Task, in input) error {
	if r.plan.Waits(t.Dataset, t.Method) {
		return contract.Errorf(contract.ErrNotFound, "%s on %s has no trials yet: its search, or that of a method that it needs, has not found a configuration", r.plan.Methods[t.Method].Name, r.plan.Datasets[t.Dataset].Label())
	}
	var units []unit
	for i, trial := range r.plan.Trials {
		if cellOf(trial) != t.cell() {
			continue
		}
		if err := r.plan.KeyUnchanged(trial); err != nil {
			return err
		}
		for _, need := range trial.Needs {
			units = append(units, &needUnit{trialUnit{r, r.event(need), in}})
		}
		units = append(units, &trialUnit{r, r.event(i), in})
	}
	return r.until(ctx, func() ([]*entry, error) { return work(ctx, r.Store, units, 1) })
}

// needUnit is a trial that another one needs. It is awaited, and never done.
type needUnit struct{ trialUnit }

// settled reports whether the trial has a record, of a failure too.
func (u *needUnit) settled() (bool, error) {
	key := u.e.Trial.Key
	head, err := u.r.headOf(key)
	if errors.Is(err, contract.ErrNotFound) {
		return false, nil
	}
	u.r.mu.Lock()
	defer u.r.mu.Unlock()
	switch {
	case err == nil && head.Finishes():
		u.r.done[key] = head
	case err == nil && head.Status == record.Failed:
		u.r.failed[key] = true
	default:
		return false, err
	}
	return true, nil
}

func (u *needUnit) ready() bool { return true }

func (u *needUnit) do(context.Context, int) error {
	return contract.Errorf(contract.ErrNotFound, "it needs %s, which has no record: do that first", fmt.Sprint(u.e))
}

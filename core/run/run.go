// Package run executes a plan on this machine: each data set is read once, each
// trial trains one method in plugins of its own, is measured like every other,
// and leaves a record. A trial that has a record is not run again.
package run

import (
	"context"
	"slices"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/prepared"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
)

// Options say how to execute a plan.
type Options struct {
	Store   *record.Store
	Plugins Launcher
	Watch   Watcher
	// Program is the version of the program, for the records.
	Program string
	// Threads is the most threads that a method and the evaluation may use;
	// 0 lets each choose.
	Threads int
	// Devices are given to the trials that run at a time, in turn, whose plugins compute on
	// one, in place of their parameter; none leaves it to them. The plan must have been made
	// for their class (experiment.Options).
	Devices []string
	// Jobs is the number of trials of a data set that run at a time; 0 and 1 are one
	// after another.
	Jobs int
	// TrialTimeout bounds the time of one trial; 0: no limit. The trial fails, the
	// others go on.
	TrialTimeout time.Duration
	// Checkpoint is how much work of a trial a kill may cost, about; 0: all of it.
	Checkpoint time.Duration
	// Stages has results of stages that trials share; nil: each trains all of its own.
	Stages *stage.Store
	// WorthStoring is how long a training takes at least whose model is left in Stages, also
	// where no other trial of the plan takes it; 0: a minute.
	WorthStoring time.Duration
	// KeepModels keeps the trained models beside the records. A finished trial
	// without one is run again.
	KeepModels bool
	// OverMemory starts trials also where they would take more memory than is free.
	OverMemory bool
	// Prepared has the prepared splits of data sets, and is given those that it
	// lacks; nil reads every data set anew.
	Prepared *prepared.Store
}

// Summary counts what a run did.
type Summary struct {
	Done, Cached, Failed int
	// Err is the first failure; its sentinel decides the exit code.
	Err error
}

// Run executes the trials of a plan that have no finished record, beside other processes
// that have the same folder open: each takes what nobody has, and all end when every trial
// has come to an end. A trial that fails is recorded and counted, and the others go on; its
// error is in the summary. Run itself returns an error when it cannot go on: the context
// ended, the records cannot be read or written, or they are of other data.
func Run(ctx context.Context, plan *experiment.Plan, o Options) (Summary, error) {
	r := newRunner(plan, o)
	if _, err := TakeChoices(ctx, plan, o.Store, true); err != nil {
		return r.summary, err
	}
	if _, err := SavePlan(ctx, r.Store, r.plan); err != nil {
		return r.summary, err
	}
	if err := r.recall(func(experiment.Trial) bool { return true }); err != nil {
		return r.summary, err
	}
	r.Watch.Planned(r.plan)
	open := make([]int, len(plan.Datasets))
	for d := range open {
		open[d] = d
	}
	err := r.until(ctx, func() (left []*entry, err error) {
		open, left, err = r.pass(ctx, open)
		return left, err
	})
	if err == nil {
		err = r.index()
	}
	return r.summary, err
}

// until works again and again until nothing is left to other processes.
func (r *runner) until(ctx context.Context, work func() (left []*entry, err error)) error {
	for {
		left, err := work()
		if err != nil || len(left) == 0 {
			return err
		}
		r.tellOfOthers(left)
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pass does what nobody else does of some data sets, and returns those of which something
// is left to others, and what.
func (r *runner) pass(ctx context.Context, datasets []int) (open []int, left []*entry, err error) {
	for _, d := range datasets {
		entries, err := r.dataset(ctx, d)
		if err != nil {
			return nil, nil, err
		}
		if len(entries) == 0 {
			delete(r.opened, d)
			continue
		}
		open, left = append(open, d), append(left, entries...)
	}
	return open, left, nil
}

// dataset searches and runs the trials of one data set: again when those have ended that
// further searches need. What it returns is left to others.
func (r *runner) dataset(ctx context.Context, d int) (left []*entry, err error) {
	in, err := r.open(ctx, d)
	if in == nil || err != nil {
		return nil, err
	}
	for methods := r.searchable(d); ; {
		searches, err := r.search(ctx, d, methods, *in)
		if err != nil {
			return nil, err
		}
		trials, err := r.trials(ctx, d, *in)
		if err != nil {
			return nil, err
		}
		before := methods
		methods = r.searchable(d)
		if !slices.ContainsFunc(methods, func(m int) bool { return !slices.Contains(before, m) }) {
			return append(searches, trials...), nil
		}
	}
}

package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
)

func (r *runner) event(i int) Event {
	t := r.plan.Trials[i]
	return Event{
		Number: i + 1, Total: len(r.plan.Trials), Trial: t,
		Dataset: r.plan.Datasets[t.Dataset].Label(), Method: r.plan.Methods[t.Method].Name,
	}
}

// trial runs, measures and records one trial. The error returned is one that
// ends the whole run.
func (r *runner) trial(ctx context.Context, e Event, in input, place int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x := r.newExecution(e, in, place)
	err := r.lacking(r.plan.NeedsOf(e.Trial))
	x.started()
	if err == nil {
		err = r.limited(ctx, x.run)
	}
	if ctx.Err() != nil {
		if !errors.Is(context.Cause(ctx), claim.ErrLost) { // else another process works there
			x.closeWork(false)
		}
		return ctx.Err()
	}
	return r.ended(x, err)
}

// limited does the work of a trial within its time.
func (r *runner) limited(ctx context.Context, work func(context.Context) error) error {
	if r.TrialTimeout == 0 {
		return work(ctx)
	}
	inner, cancel := context.WithTimeout(ctx, r.TrialTimeout)
	defer cancel()
	err := work(inner)
	if err != nil && inner.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("the trial took longer than its limit of %s", r.TrialTimeout)
	}
	return err
}

// started tells that the trial begins.
func (x *execution) started() {
	x.mu.Lock()
	defer x.mu.Unlock()
	told := x.Watch.Started(x.event, x.tracker)
	x.progress = func(p contract.Progress) {
		x.tracker.Report(p)
		told.Report(p)
	}
}

// ended records and counts a trial.
func (r *runner) ended(x *execution, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.rec.Finished = time.Now().UTC()
	x.rec.Status = record.Done
	r.over[cellOf(x.event.Trial)] = true
	if err != nil {
		x.fail(err)
		r.failed[x.rec.Key] = true
	} else {
		r.summary.Done++
		r.done[x.rec.Key] = x.rec.Head()
	}
	if err := r.Store.Save(x.rec, x.parts); err != nil {
		return err
	}
	x.closeWork(err == nil)
	r.Watch.Ended(x.event, x.rec)
	return nil
}

// newExecution is a trial that is about to begin at one of the places, numbered from 0, that
// work side by side.
func (r *runner) newExecution(e Event, in input, place int) *execution {
	x := &execution{runner: r, event: e, input: in, tracker: progress.NewTracker()}
	x.progress = x.tracker.Report
	if len(r.Devices) > 0 {
		x.device = r.Devices[place%len(r.Devices)]
	}
	var needs []string
	for _, need := range e.Trial.Needs {
		needs = append(needs, r.plan.Trials[need].Key)
	}
	x.rec = &record.Record{
		Needs: needs, Schema: record.Schema, Key: e.Trial.Key, TrainKey: e.Trial.TrainKey, Experiment: r.plan.Name, Dataset: r.plan.Datasets[e.Trial.Dataset].Name, Method: r.plan.Methods[e.Trial.Method].Name, Seed: e.Trial.Seed,
		Trial: content(r.plan, e.Trial), Versions: r.versions, Environment: r.environment, Resources: record.Resources(x.resources()),
		Started: time.Now().UTC(), Plugins: []record.Plugin{in.from}, Data: in.seen,
	}
	return x
}

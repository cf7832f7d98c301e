// Package run executes a plan on this machine: each data set is read once, each
// trial trains one method in plugins of its own, is measured like every other,
// and leaves a record. A trial that has a record is not run again.
package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/features"
	"cllm4rec/core/prepared"
	"cllm4rec/core/record"

	"golang.org/x/sync/errgroup"
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
	// Device is given to plugins that compute on one, in place of their parameter; ""
	// leaves it to them. The plan must have been made for it (experiment.Options).
	Device string
	// Jobs is the number of trials of a data set that run at a time; 0 and 1 are one
	// after another.
	Jobs int
	// TrialTimeout bounds the time of one trial; 0: no limit. The trial fails, the
	// others go on.
	TrialTimeout time.Duration
	// Checkpoint is how much work of a trial a kill may cost, about; 0: all of it.
	Checkpoint time.Duration
	// KeepModels keeps the trained models beside the records. A finished trial
	// without one is run again.
	KeepModels bool
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

// Run executes the trials of a plan that have no finished record. A trial that
// fails is recorded and counted, and the others go on; its error is in the
// summary. Run itself returns an error when it cannot go on: the context ended,
// the records cannot be read or written, or they are of other data.
func Run(ctx context.Context, plan *experiment.Plan, o Options) (Summary, error) {
	o.Jobs = max(o.Jobs, 1)
	r := &runner{plan: plan, Options: o, shared: &shared{}, versions: record.ReadVersions(), environment: record.ReadEnvironment()}
	if o.Program != "" {
		r.versions.Program = o.Program
	}
	if o.Jobs > 1 {
		r.environment.Jobs = o.Jobs
	}
	if _, err := TakeChoices(ctx, plan, o.Store); err != nil {
		return r.summary, err
	}
	if err := o.Store.SavePlan(plan); err != nil {
		return r.summary, err
	}
	var err error
	if r.done, err = r.finishedOf(func(experiment.Trial) bool { return true }); err != nil {
		return r.summary, err
	}
	for d := range plan.Datasets {
		if err := r.dataset(ctx, d); err != nil {
			return r.summary, err
		}
	}
	return r.summary, r.index()
}

// runner is one Run under way.
type runner struct {
	Options
	plan        *experiment.Plan
	versions    record.Versions
	environment record.Environment

	*shared
	done    map[string]record.Head   // the finished trials, by key
	ends    map[string]chan struct{} // of the trials of the data set at work, by key: closed at the end
	summary Summary

	embedded map[string]*features.Matrix // of the data set at work: what language models gave
}

// shared is what the runners of one Run, which may search beside the trials of its
// plan, hold in turn.
type shared struct {
	mu          sync.Mutex // over a runner's done, ends and summary, the records' folder and Watch
	embedding   sync.Mutex // over embedded
	configuring sync.Mutex // over the plugins that check parameters
	claims      sync.Map   // of configurations under way: key -> *sync.Mutex
}

// input is the data of a trial.
type input struct {
	split  *data.Split
	seen   record.Data
	source record.Plugin // that gave them
}

// dataset runs the trials of one data set.
func (r *runner) dataset(ctx context.Context, d int) error {
	got, err := Read(ctx, r.plan, d, Reading{Plugins: r.Plugins, Store: r.Prepared, Note: r.Watch.Note, Progress: r.Watch.Reading})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	split, source := got.Split, got.Source
	if err != nil {
		return r.unreadable(d, source, err)
	}
	if err := r.checkStrata(split); err != nil {
		return r.unreadable(d, source, err)
	}
	if err := r.sameData(d, split); err != nil {
		return err
	}
	files, err := r.Store.SaveData(split)
	if err != nil {
		return err
	}
	seen := describe(split)
	seen.Files = &files
	in := input{split, seen, source}
	r.embedded = map[string]*features.Matrix{}
	if err := r.search(ctx, d, in); err != nil {
		return err
	}
	trials, again := r.trialsOf(d)
	r.ends = map[string]chan struct{}{}
	for _, i := range trials {
		r.ends[r.plan.Trials[i].Key] = make(chan struct{})
	}
	if err := r.trials(ctx, trials, r.Jobs, in); err != nil {
		return err
	}
	return r.trials(ctx, again, 1, in)
}

// trialsOf are the places of a data set's trials in the plan. Methods that are the
// same but for their names have trials of one key, which must not run side by
// side: all but the first of those come apart.
func (r *runner) trialsOf(d int) (trials, again []int) {
	seen := map[string]bool{}
	for i, t := range r.plan.Trials {
		switch {
		case t.Dataset != d:
		case seen[t.Key]:
			again = append(again, i)
		default:
			seen[t.Key] = true
			trials = append(trials, i)
		}
	}
	return trials, again
}

// trials runs those that are not finished, in their order, so many at a time.
func (r *runner) trials(ctx context.Context, places []int, jobs int, in input) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(jobs)
	for _, i := range places {
		event := r.event(i)
		if r.cached(event) {
			r.end(event.Trial.Key)
			continue
		}
		group.Go(func() error {
			defer r.end(event.Trial.Key)
			return r.trial(ctx, event, in)
		})
	}
	return group.Wait()
}

// end lets the trials go on that wait for one.
func (r *runner) end(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.ends[key]: // a trial of the same key came before
	default:
		close(r.ends[key])
	}
}

// await waits for the trials that one needs, which stand before it in the plan and
// were started before it. The error names the one that has no result.
func (r *runner) await(ctx context.Context, t experiment.Trial) error {
	for _, need := range t.Needs {
		other := r.plan.Trials[need]
		select {
		case <-r.ends[other.Key]:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !r.finished(other) {
			return fmt.Errorf("it needs %s, which failed", r.plan.Methods[other.Method].Name)
		}
	}
	return nil
}

func (r *runner) event(i int) Event {
	t := r.plan.Trials[i]
	return Event{
		Number: i + 1, Total: len(r.plan.Trials), Trial: t,
		Dataset: r.plan.Datasets[t.Dataset].Label(), Method: r.plan.Methods[t.Method].Name,
	}
}

// trial runs, measures and records one trial. The error returned is one that
// ends the whole run.
func (r *runner) trial(ctx context.Context, e Event, in input) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x := &execution{runner: r, event: e, split: in.split, rec: r.newRecord(e, in)}
	err := r.await(ctx, e.Trial)
	x.progress = r.started(e)
	if err == nil {
		err = r.limited(ctx, x.run)
	}
	if ctx.Err() != nil {
		x.closeWork(false)
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

func (r *runner) started(e Event) contract.OnProgress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Watch.Started(e)
}

// ended records and counts a trial.
func (r *runner) ended(x *execution, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.rec.Finished = time.Now().UTC()
	x.rec.Status = record.Done
	if err != nil {
		x.fail(err)
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

// deviceOf is the device that a trial's plugin is given.
func (r *runner) deviceOf(t experiment.Trial) string {
	if !r.plan.MethodOf(t).Plugin.TakesDevice() {
		return ""
	}
	return r.Device
}

func (r *runner) newRecord(e Event, in input) *record.Record {
	var needs []string
	for _, need := range e.Trial.Needs {
		needs = append(needs, r.plan.Trials[need].Key)
	}
	return &record.Record{
		Needs: needs, Schema: record.Schema, Key: e.Trial.Key, TrainKey: e.Trial.TrainKey, Experiment: r.plan.Name, Dataset: r.plan.Datasets[e.Trial.Dataset].Name, Method: r.plan.Methods[e.Trial.Method].Name, Seed: e.Trial.Seed,
		Trial: content(r.plan, e.Trial), Versions: r.versions, Environment: r.environment, Resources: record.Resources(r.resourcesOf(e.Trial)),
		Started: time.Now().UTC(), Plugins: []record.Plugin{in.source}, Data: in.seen,
	}
}

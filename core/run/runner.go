package run

import (
	"context"
	"sync"
	"time"

	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/prepared"
	"cllm4rec/core/record"
)

// runner is one Run under way.
type runner struct {
	Options
	plan        *experiment.Plan
	versions    record.Versions
	environment record.Environment

	task *Task // of a plan that was made elsewhere; nil: all of the plan

	*shared
	done    map[string]record.Head // of finished trials, by key
	failed  map[string]bool        // in this run, by key
	over    map[cell]bool          // counted in summary
	summary Summary

	failedBefore map[string]time.Time // when trials failed, by key, that had before this run
	chose        map[cell]bool        // searches that are over
	told         map[string]string    // holders of the claims that this run waits for, by name
	opened       map[int]*input       // data sets of which something is left
}

// shared is what the runners of one Run, which may search beside the trials of its
// plan, hold in turn.
type shared struct {
	mu          sync.Mutex // over a runner's done, failed, over and summary, and Watch
	embedding   sync.Mutex // over what inputs have embedded
	configuring sync.Mutex // over the plugins that check parameters

	tried map[string]bool // configurations that this run has measured, by key; under mu
}

// input is the data of a trial.
type input struct {
	split    *data.Split
	seen     record.Data
	from     record.Plugin         // that gave them
	embedded map[string]*embedding // what language models gave of its texts, by key
}

func newInput(split *data.Split, from record.Plugin) input {
	return input{split, describe(split), from, map[string]*embedding{}}
}

func newRunner(plan *experiment.Plan, o Options) *runner {
	o.Jobs = max(o.Jobs, 1)
	r := &runner{
		plan: plan, Options: o, shared: &shared{tried: map[string]bool{}}, versions: record.ReadVersions(), environment: record.ReadEnvironment(),
		done: map[string]record.Head{}, failedBefore: map[string]time.Time{}, failed: map[string]bool{}, over: map[cell]bool{},
		chose: map[cell]bool{}, told: map[string]string{}, opened: map[int]*input{},
	}
	if o.Program != "" {
		r.versions.Program = o.Program
	}
	if o.Jobs > 1 {
		r.environment.Jobs = o.Jobs
	}
	return r
}

// SavePlan stores a plan, so that a table knows which records belong together, and returns
// its file. A stored one in which more searches are over stays: another process is further.
func SavePlan(ctx context.Context, store *record.Store, plan *experiment.Plan) (path string, err error) {
	id, err := plan.ID()
	if err != nil {
		return "", err
	}
	return store.PlanPath(id), store.SavePlan(ctx, id, plan, func(f record.PlanFile) bool {
		var stored experiment.Plan
		return f.Load(&stored) == nil && len(stored.Choices) > len(plan.Choices)
	})
}

// open reads a data set that is not open. It is nil when the data set cannot be read, which
// fails its trials, or the task.
func (r *runner) open(ctx context.Context, d int) (*input, error) {
	if in := r.opened[d]; in != nil {
		return in, nil
	}
	got, err := r.read(ctx, d)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	split := got.Split
	if err == nil {
		err = r.checkStrata(split)
	}
	if err != nil {
		return nil, r.unreadable(d, got.Source, err)
	}
	if err := r.sameData(d, split); err != nil {
		return nil, err
	}
	if err := r.hold(d, split); err != nil {
		return nil, err
	}
	files, err := r.Store.SaveData(ctx, split)
	if err != nil {
		return nil, err
	}
	in := newInput(split, got.Source)
	in.seen.Files = &files
	r.opened[d] = &in
	return &in, nil
}

// read reads a data set; where it is not prepared yet one process does that.
func (r *runner) read(ctx context.Context, d int) (got ReadData, err error) {
	read := func(ctx context.Context) error {
		got, err = Read(ctx, r.plan, d, Reading{Plugins: r.Plugins, Store: r.Prepared, Note: r.Watch.Note, Progress: r.Watch.Reading})
		return err
	}
	key, _, err := r.plan.DataKey(d, prepared.Form())
	if err != nil || r.Prepared == nil || r.Prepared.Has(key) {
		err = read(ctx)
		return got, err
	}
	err = r.Store.Claimed(ctx, "data-"+key, read)
	return got, err
}

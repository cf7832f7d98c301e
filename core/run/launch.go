package run

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
)

// Launcher starts plugins, each in a process of its own.
type Launcher interface {
	Dataset(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Dataset], error)
	Recommender(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Recommender], error)
	Backbone(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Backbone], error)
}

// SearchSuffix is what stands behind the method's name of a trial of a search.
const SearchSuffix = " (search)"

// Event names a trial.
type Event struct {
	Number, Total   int // this trial of all in the plan, from 1
	Trial           experiment.Trial
	Dataset, Method string
	Search          bool // it tries a configuration, and Method says so behind the name
}

// String is such as "EASE on Beauty, seed 1".
func (e Event) String() string {
	return fmt.Sprintf("%s on %s, seed %d", e.Method, e.Dataset, e.Trial.Seed)
}

// Watcher is told how a run goes. Calls are not concurrent, but for progress of
// trials that run at the same time.
type Watcher interface {
	Note(text string)
	// Reading tells that a data set is read and not opened as it was prepared. It returns
	// what receives the progress, or nil.
	Reading(dataset string) contract.OnProgress
	// Planned tells what there is to do, at the beginning, and again where a search has added
	// trials. It must not keep the plan.
	Planned(plan *experiment.Plan)
	// Started tells of a trial and of its tracker, which says at any time how far it is. It
	// returns what else receives the reports of its calls; it may be nil.
	Started(e Event, t *progress.Tracker) contract.OnProgress
	Ended(e Event, rec *record.Record)
	// Cached tells of a trial that was finished earlier, or by another process.
	Cached(e Event, head record.Head)
	// Unreadable tells that a data set cannot be read, which fails its trials
	// that have no finished record.
	Unreadable(dataset string, trials int, why error)
}

func recordPlugin(p experiment.PluginPlan) record.Plugin {
	return record.Plugin{Kind: string(p.Kind), Name: p.Name, Version: p.Version, Checksum: p.Checksum, Params: p.Params}
}

// hurry is how long a plugin may go on with what it does when its run was stopped, before it
// is killed: a step of a large model takes longer than anybody waits after ^C, and what a kill
// cuts off is whole on disk.
const hurry = 3 * time.Second

// stop ends a plugin, also when ctx has ended. That it does not end well takes nothing
// from what it gave; whoever started it logs the reason.
func stop(ctx context.Context, plugin host.Life) {
	closing := context.WithoutCancel(ctx)
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		closing, cancel = context.WithTimeout(closing, hurry)
		defer cancel()
	}
	_ = plugin.Stop(closing)
}

// took notes what a plugin's process took of the machine.
func took(p *record.Plugin, u host.Usage) { p.PeakRSS, p.CPU = u.PeakRSS, u.CPU.Seconds() }

// planned is what a plugin that failed while it was planned failed with.
func planned(p experiment.PluginPlan) error {
	if p.Failure == "" {
		return nil
	}
	return contract.Errorf(contract.ErrDied, "while the run was planned: %s", p.Failure)
}

// sameBinary refuses a plugin that was built anew after the plan was made.
func sameBinary(plan experiment.PluginPlan, checksum string) error {
	if checksum == plan.Checksum {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "%s plugin %s changed after the plan was made; run again", plan.Kind, plan.Name)
}

// describe is what a record keeps of the data.
func describe(s *data.Split) record.Data {
	audit, err := json.Marshal(s.Audit)
	if err != nil {
		audit = nil // an audit holds finite numbers only
	}
	return record.Data{
		Fingerprint: s.Fingerprint, Users: s.Users.Len(), Items: s.Items.Len(),
		Interactions: s.Training.Interactions.Len(), Texts: len(s.Training.Texts), Audit: audit,
	}
}

func content(p *experiment.Plan, t experiment.Trial) json.RawMessage {
	c, err := p.Content(t)
	if err == nil {
		var raw []byte
		if raw, err = json.Marshal(c); err == nil {
			return raw
		}
	}
	return json.RawMessage(fmt.Sprintf("%q", err)) // it was marshalled once, for the keys
}

package main

import (
	"context"

	"cllm4rec/core/experiment"
	"cllm4rec/core/run"
)

// printSavings says which stages the trials to run share, and what that spares.
func (a *app) printSavings(ctx context.Context, plan *experiment.Plan, plugins *run.Host, f *run.Forecast) error {
	store, err := a.stageStore()
	if err != nil || store == nil {
		return err
	}
	reading, err := a.readingData(plugins)
	if err != nil {
		return err
	}
	toRun := func(t experiment.Trial) bool { return f.State(t) != run.Finished }
	s, err := run.SavingsOf(ctx, plan, toRun, store.Has, reading)
	if err != nil || len(s.Stages) == 0 {
		return err
	}
	table := a.table()
	table.Header("stage", "key", "trials", "state")
	for _, r := range s.Stages {
		state := "to make"
		if r.Stored {
			state = "stored"
		}
		if err := table.Append(r.What, short(r.Key), counted(r.Trials, "trial"), state); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	a.print("%s.\n", s)
	return nil
}

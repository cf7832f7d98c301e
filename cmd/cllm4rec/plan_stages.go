package main

import (
	"cllm4rec/core/run"
)

// printSavings says which stages the trials to run share, and what that spares.
func (a *app) printSavings(f *run.Forecast) error {
	store, err := a.stageStore()
	if err != nil || store == nil {
		return err
	}
	s, err := f.Savings(store.Has)
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
	if s.Tokens > 0 { // else there are no pipelines
		a.print("%s.\n", s)
	}
	return nil
}

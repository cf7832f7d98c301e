package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"

	"github.com/spf13/cobra"
)

// lookEvery is the time between two looks at a folder.
const lookEvery = 2 * time.Second

func (a *app) watchCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "watch DIR", Short: "Follow the runs of a folder from another terminal or node, as they show it themselves", Args: one("DIR"),
		Long: "Watch shows how many trials of a folder are done, and of each one under way how far it is, until all have ended or it is stopped by ^C,\n" +
			"which stops no run. Where stdout is no terminal it says so once.",
		RunE: func(c *cobra.Command, args []string) error {
			if !canMove(a.stdout) {
				return a.watchOnce(args[0])
			}
			return a.watchFolder(c.Context(), args[0])
		},
	}
	a.planFlag(c)
	return c
}

// standing is how the trials of a folder stand.
type standing struct {
	state   progress.State
	running []progress.Running
}

func (s standing) over() bool {
	return s.state.Done+s.state.Failed >= s.state.Total && s.state.Running == 0
}

func (a *app) watchOnce(dir string) error {
	store, plan, err := a.openRecords(dir)
	if err != nil {
		return err
	}
	s, err := stands(store, plan)
	if err != nil {
		return err
	}
	for _, line := range progress.Lines(s.state, s.running, 200) {
		a.print("%s\n", line)
	}
	return nil
}

func (a *app) watchFolder(ctx context.Context, dir string) error {
	_, _, err := a.openRecords(dir) // says which of several plans it is, once
	if err != nil {
		return err
	}
	view := newScreen(a.stdout, true)
	var last standing
	view.Show(func(width int) []string { return progress.Lines(last.state, last.running, width) })
	defer view.Close()
	for {
		store, plan, _, err := a.readPlan(dir) // again: searches add trials to it
		if err != nil {
			return err
		}
		now, err := stands(store, plan)
		if err != nil {
			return err
		}
		view.During(func() { last = now })
		if now.over() {
			view.Close()
			a.print("%s done, %d failed\n", counted(now.state.Done, "trial"), now.state.Failed)
			return nil
		}
		select {
		case <-ctx.Done():
			return nil // only the looking ends
		case <-time.After(lookEvery):
		}
	}
}

// stands reads records, claims and what the runs say of the trials under way.
func stands(store *record.Store, plan *experiment.Plan) (s standing, err error) {
	heads, err := store.Heads(keysOf(plan))
	if err != nil {
		return s, err
	}
	claims, err := store.Claims()
	if err != nil {
		return s, err
	}
	busy := map[string]bool{}
	for _, c := range claims {
		var r progress.Running
		if there, err := store.LoadProgress(c.Name, &r); err == nil && there {
			busy[c.Name], s.running = true, append(s.running, aged(r, time.Now()))
		}
	}
	all := progress.NewExperiment(len(s.running))
	planned(all, plan)
	for _, t := range plan.Trials {
		head, there := heads.ByKey[t.Key]
		switch row := rowOf(plan, t.Dataset, t.Method); {
		case !there || busy[t.Key]:
		case head.Finishes():
			all.Finished(row, head.Wall())
		case head.Status == record.Failed:
			all.Failed(row)
		}
	}
	slices.SortFunc(s.running, func(a, b progress.Running) int { return int(b.Elapsed - a.Elapsed) })
	s.state = all.State(s.running)
	return s, nil
}

// silent is how old the word of a run may be before its age is said.
const silent = 30 * time.Second

// aged brings what a run said a moment ago up to now.
func aged(r progress.Running, now time.Time) progress.Running {
	age := now.Sub(r.At)
	if age < silent {
		r.Left.Time = max(0, r.Left.Time-age)
		return r
	}
	r.Stage = fmt.Sprintf("no word for %s: %s", progress.Duration(age), r.Stage)
	r.Left = progress.Left{}
	return r
}

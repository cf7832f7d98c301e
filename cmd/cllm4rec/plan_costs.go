package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/estimate"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

// costOptions say how costs are found out.
type costOptions struct {
	jobs  int
	probe bool
	limit time.Duration
}

func (o *costOptions) flags(c *cobra.Command) {
	c.Flags().IntVar(&o.jobs, "jobs", 1, "trials that run at a time, for the sum")
	c.Flags().BoolVar(&o.probe, "probe", false, "train every row for one epoch on a part of its data and scale what that takes")
	c.Flags().DurationVar(&o.limit, "probe-limit", 2*time.Minute, "most time of the probe of one row")
}

// forecast reads what a plan's trials will take from the records of its folder, from those
// of the folders beside it, and from the data.
func (a *app) forecast(ctx context.Context, plan *experiment.Plan, plugins *run.Host, out string) (*run.Forecast, error) {
	reading, err := a.readingData(plugins)
	if err != nil {
		return nil, err
	}
	own, err := headsIn(out)
	if err != nil {
		return nil, err
	}
	return run.NewForecast(ctx, plan, own, neighbours(out), reading)
}

// headsIn are the heads of all records of a folder; none when it is not there yet.
func headsIn(dir string) (map[string]record.Head, error) {
	store, err := record.View(dir)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := store.Keys()
	if err != nil {
		return nil, err
	}
	heads, err := store.Heads(keys)
	if err != nil {
		return nil, err
	}
	return heads.ByKey, nil
}

// neighbours are the heads of the records in the folders beside one. What is damaged there
// is told by the commands that read it.
func neighbours(out string) (all []record.Head) {
	trials, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Clean(out)), "*", "trials")) // the folder's name may hold signs of patterns: then nothing is found
	for _, path := range trials {
		dir := filepath.Dir(path)
		if dir == filepath.Clean(out) {
			continue
		}
		if heads, err := headsIn(dir); err == nil {
			for _, key := range slices.Sorted(maps.Keys(heads)) {
				all = append(all, heads[key])
			}
		}
	}
	return all
}

// printTrials prints a line for each trial.
func (a *app) printTrials(plan *experiment.Plan, f *run.Forecast, out string) error {
	reasons, err := a.reasons(plan, f, out)
	if err != nil {
		return err
	}
	table := a.table()
	table.Header("trial", "data set", "method", "seed", "state", "time", "memory", "disk", "why")
	each := map[[2]int]estimate.Estimate{}
	for _, row := range f.Rows() {
		each[[2]int{row.Dataset, row.Method}] = row.Each
	}
	for i, t := range plan.Trials {
		if !plan.Selected(t.Method) {
			continue
		}
		cells := []string{t.Key[:12], plan.Datasets[t.Dataset].Label(), plan.Methods[t.Method].Name, fmt.Sprint(t.Seed), f.State(t), "-", "-", "-", reasons[i]}
		if e, left := each[[2]int{t.Dataset, t.Method}]; left && f.State(t) != run.Finished {
			cells[5], cells[6], cells[7] = e.Time.Words(estimate.Seconds), e.Memory.Words(estimate.Bytes), e.Disk.Words(estimate.Bytes)
		}
		if err := table.Append(cells...); err != nil {
			return err
		}
	}
	return table.Render()
}

// reasons say of each trial why it would run; the records are read only where one would.
func (a *app) reasons(plan *experiment.Plan, f *run.Forecast, out string) ([]string, error) {
	reasons := make([]string, len(plan.Trials))
	var records []*record.Record
	for i, t := range plan.Trials {
		if f.State(t) == run.Finished {
			continue
		}
		if records == nil {
			var err error
			if records, err = recordsIn(out); err != nil {
				return nil, err
			}
		}
		why, err := run.Why(plan, t, records)
		if err != nil {
			return nil, err
		}
		reasons[i] = why
	}
	return reasons, nil
}

// printCosts prints where the figures of each row come from, and their sum.
func (a *app) printCosts(plan *experiment.Plan, f *run.Forecast, jobs int) {
	rows := f.Rows()
	for _, row := range rows {
		name := fmt.Sprintf("%s on %s", plan.Methods[row.Method].Name, plan.Datasets[row.Dataset].Label())
		if row.Configurations > 0 {
			a.print("%s: a search of up to %s, %s each, then %s.\n", name, counted(row.Configurations, "configuration"), row.Each.Time.Words(estimate.Seconds), counted(row.Trials, "trial"))
		}
		if time, memory := row.Each.Time, row.Each.Memory; time.Source == memory.Source {
			a.print("%s: %s.\n", name, sourced("time and memory", time))
		} else {
			a.print("%s: %s; %s.\n", name, sourced("time", time), sourced("memory", memory))
		}
	}
	for _, note := range f.Notes {
		a.print("%s.\n", note)
	}
	total := estimate.Sum(f.Left(), jobs)
	left := toRun(rows)
	a.print("%s, %d to run: %s.\n", counted(left+finished(plan, f), "trial"), left, totalled(total, jobs))
}

// sourced says where a figure comes from.
func sourced(what string, f estimate.Figure) string {
	if !f.Known {
		return what + " unknown: " + f.Source
	}
	return what + " from " + f.Source
}

// finished counts the trials that are not run again.
func finished(plan *experiment.Plan, f *run.Forecast) (n int) {
	for _, t := range plan.Trials {
		if plan.Selected(t.Method) && f.State(t) == run.Finished {
			n++
		}
	}
	return n
}

// toRun counts the trials with the experiment's seeds.
func toRun(rows []run.Row) (n int) {
	for _, r := range rows {
		n += r.Trials
	}
	return n
}

// totalled is a sum in words.
func totalled(t estimate.Total, jobs int) string {
	if t.Trials == 0 {
		return "nothing to do"
	}
	text := fmt.Sprintf("about %s", estimate.Time(t.Work))
	switch {
	case t.Unknown == t.Trials:
		text = "the time is unknown"
	case t.Unknown > 0:
		text += fmt.Sprintf(", and of unknown time %d", t.Unknown)
	}
	if jobs > 1 && t.Unknown < t.Trials {
		text += fmt.Sprintf(" of work, %s with %d at a time if each is as fast as alone", estimate.Time(t.Wall), jobs)
	}
	if t.Unsized < t.Trials {
		text += fmt.Sprintf("; about %s of memory", estimate.Bytes(t.Memory))
	}
	return text + fmt.Sprintf("; at most %s of disk", estimate.Bytes(t.Disk))
}

// recordsIn are the records of a folder; none when it is not there yet.
func recordsIn(dir string) ([]*record.Record, error) {
	store, err := record.View(dir)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return store.All()
}

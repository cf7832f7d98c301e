package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/fetch"
	"cllm4rec/core/prepared"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) dataPrepareCommand() *cobra.Command {
	var anew, verify bool
	c := &cobra.Command{
		Use: "prepare FILE", Short: "Read, filter and split the data sets of an experiment once, for later runs", Args: one("FILE"),
		Long: "Prepare makes the split of every data set of an experiment file and keeps it, under a key of everything that decides it,\n" +
			"where run, plan, data describe and data export find it. What is there stays as it is.",
		RunE: func(c *cobra.Command, args []string) error {
			return a.withPlan(c.Context(), args[0], false, func(plan *experiment.Plan, plugins *run.Host) error {
				if verify {
					return a.verifyPrepared(plan)
				}
				return a.prepare(c.Context(), plan, plugins, anew)
			})
		},
	}
	c.Flags().BoolVar(&anew, "anew", false, "read the data sets again and replace what is there")
	c.Flags().BoolVar(&verify, "verify", false, "read nothing, but hold what is there against its checksums and its fingerprint")
	c.MarkFlagsMutuallyExclusive("anew", "verify")
	a.storeFlag(c)
	a.planningFlags(c)
	return c
}

func (a *app) prepare(ctx context.Context, plan *experiment.Plan, plugins *run.Host, anew bool) error {
	reading, err := a.readingData(plugins)
	if err != nil {
		return err
	}
	if reading.Store == nil {
		return contract.Errorf(contract.ErrInvalid, "data prepare needs a folder for what it makes, and --store (or $%s) is off", envStore)
	}
	reading.Anew = anew
	table := a.table()
	table.Header("data set", "key", "interactions", "size", "bytes per interaction", "time", "state")
	var failures []error
	reading.Note = func(text string) { failures = append(failures, errors.New(text)) }
	for d, p := range plan.Datasets {
		got, err := run.Read(ctx, plan, d, reading)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && got.Path == "" {
			continue // it was noted why
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		row, err := preparedRow(p.Label(), got)
		if err == nil {
			err = table.Append(row...)
		}
		if err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	return errors.Join(failures...)
}

func preparedRow(name string, got run.ReadData) ([]string, error) {
	info, err := os.Stat(got.Path)
	if err != nil {
		return nil, err
	}
	state := "made"
	if got.Opened {
		state = "was there"
	}
	n := got.Split.Audit.Interactions
	return []string{
		name, got.Key[:12], fmt.Sprint(n), fetch.Size(info.Size()), fmt.Sprintf("%.1f", float64(info.Size())/float64(max(n, 1))),
		got.Took.Round(time.Millisecond).String(), state,
	}, nil
}

func (a *app) verifyPrepared(plan *experiment.Plan) error {
	store, err := a.preparedStore()
	if err != nil {
		return err
	}
	if store == nil {
		return contract.Errorf(contract.ErrInvalid, "there are no prepared splits: --store (or $%s) is off", envStore)
	}
	var failures []error
	for d, p := range plan.Datasets {
		key, _, err := plan.DataKey(d, prepared.Form())
		if err == nil {
			err = store.Verify(key)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("data set %s: %w", p.Label(), err))
			continue
		}
		a.print("%s: %s is whole, and has its fingerprint\n", p.Label(), store.Path(key))
	}
	return errors.Join(failures...)
}

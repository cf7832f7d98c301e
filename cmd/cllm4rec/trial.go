package main

import (
	"context"
	"errors"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) trialCommand() *cobra.Command {
	var file, keep string
	var limits limits
	c := &cobra.Command{
		Use: "trial --plan OUT/plans/NAME-HASH.json KEY", Short: "Do one trial of a stored plan", Args: one("KEY"),
		Long: "Trial does one trial of a plan that `cllm4rec run` or `cllm4rec submit` stored, and refuses it when a plugin or a file is not the one that\n" +
			"the plan was made with. KEY is the trial's key or its beginning; data:DATASET prepares a data set, search:DATASET:METHOD does a search and\n" +
			"trial:DATASET:METHOD:SEED a trial whose key a search decides, by places in the plan from 0.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := errors.Join(checkKeep(keep), a.checkThreads(), limits.check()); err != nil {
				return err
			}
			return a.withHost(func(_ *host.Host, plugins *run.Host) error {
				return a.trial(c.Context(), plugins, file, args[0], limits, keep == keepModels)
			})
		},
	}
	c.Flags().StringVar(&file, "plan", "", "file of the plan, in the folder plans/ of a folder of records")
	c.Flags().StringVar(&keep, "keep", "", "models: keep the trained model beside the record")
	limits.flags(c)
	a.storeFlag(c)
	a.threadsFlag(c)
	return c
}

func (a *app) trial(ctx context.Context, plugins *run.Host, file, name string, limits limits, keep bool) error {
	out, plan, err := readPlan(file)
	if err != nil {
		return err
	}
	task, err := run.ParseTask(plan, name)
	if err != nil {
		return err
	}
	o := run.Options{Plugins: plugins, KeepModels: keep}
	limits.over(plan.Limits).limit(plugins, &o)
	return a.working(out, o, func(o run.Options) error {
		summary, err := run.RunTask(ctx, plan, task, plugins, o)
		a.screen.Close()
		if err != nil {
			return err
		}
		a.print("%s: %d done, %d found finished, %d failed. Records: %s\n", task, summary.Done, summary.Cached, summary.Failed, out)
		return failures(summary, out)
	})
}

// readPlan reads a plan by its file, and says which folder of records that is in.
func readPlan(file string) (out string, plan *experiment.Plan, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return "", nil, err
	}
	if filepath.Base(filepath.Dir(path)) != "plans" {
		return "", nil, contract.Errorf(contract.ErrInvalid, "--plan %q: expected a file in the folder plans/ of a folder of records, such as OUT/plans/NAME-HASH.json", file)
	}
	plan, err = loadPlan(record.PlanFile{Path: path})
	return filepath.Dir(filepath.Dir(path)), plan, err
}

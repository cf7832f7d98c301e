package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) runCommand() *cobra.Command {
	var out string
	var keep string
	var devices []string
	var jobs int
	var overMemory bool
	var limits limits
	c := &cobra.Command{
		Use: "run FILE", Short: "Train and measure every method of an experiment and print the table", Args: one("FILE"),
		Long: "Run executes every trial of an experiment that has no finished record yet and prints the table.\nStopped at any point, the same command continues, a trial at its last checkpoint.",
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("devices") && len(devices) == 0 {
				return contract.Errorf(contract.ErrInvalid, "--devices names none: expected devices such as cuda:0,cuda:1")
			}
			if err := errors.Join(checkKeep(keep), a.useDevices(devices, gpusOfDriver), limits.check()); err != nil {
				return err
			}
			if len(devices) > 0 && !c.Flags().Changed("jobs") {
				jobs = len(devices)
			}
			if err := errors.Join(a.share(jobs), oneEach(jobs, devices)); err != nil {
				return err
			}
			return a.withPlan(c.Context(), args[0], true, func(plan *experiment.Plan, plugins *run.Host) error {
				o := run.Options{Plugins: plugins, Jobs: jobs, Devices: a.devices(), KeepModels: keep == keepModels, OverMemory: overMemory}
				limits.over(plan.Limits).limit(plugins, &o)
				return a.run(c.Context(), plan, outDir(out, plan), o)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder of the records (default: runs/NAME)")
	c.Flags().StringVar(&keep, "keep", "", "models: keep the trained models beside the records, for cllm4rec recommend; a finished trial without one is run again")
	c.Flags().IntVar(&jobs, "jobs", 1, "trials of a data set that run at a time; they share the processors unless --threads is given")
	c.Flags().BoolVar(&overMemory, "over-memory", false, "start trials also where they would take more memory than is free")
	c.Flags().StringSliceVar(&devices, "devices", nil, "devices such as cuda:0,cuda:1: so many trials run at a time, one on each")
	limits.flags(c)
	a.storeFlag(c)
	a.threadsFlag(c)
	a.planningFlags(c)
	a.methodsFlag(c)
	a.deviceFlag(c)
	c.MarkFlagsMutuallyExclusive("device", "devices")
	return c
}

// keepModels is what --keep may be told.
const keepModels = "models"

func checkKeep(what string) error {
	if what != "" && what != keepModels {
		return contract.Errorf(contract.ErrInvalid, "--keep %q: expected %s%s", what, keepModels, didYouMean(what, []string{keepModels}))
	}
	return nil
}

// share gives each of the trials that run at a time its part of the processors.
func (a *app) share(jobs int) error {
	if jobs < 1 {
		return contract.Errorf(contract.ErrInvalid, "--jobs %d: expected 1 or more", jobs)
	}
	if err := a.checkThreads(); err != nil {
		return err
	}
	if jobs > 1 && a.threads == 0 {
		a.threads = max(1, runtime.GOMAXPROCS(0)/jobs)
	}
	return nil
}

// outDir is where the records of a plan go.
func outDir(flag string, plan *experiment.Plan) string {
	if flag != "" {
		return flag
	}
	return filepath.Join("runs", plan.Name)
}

func (a *app) run(ctx context.Context, plan *experiment.Plan, out string, o run.Options) error {
	return a.working(out, o, func(o run.Options) error {
		summary, err := run.Run(ctx, plan, o)
		a.screen.Close()
		if err != nil {
			return err
		}
		if summary.Done+summary.Cached == 0 {
			return failures(summary, out) // a table without a number tells nothing
		}
		if err := a.printTables(plan, o.Store, report.Terminal, report.Options{}, view{}); err != nil {
			return err
		}
		a.print("\n%s run, %d found finished, %d failed. Records: %s\n", counted(summary.Done, "trial"), summary.Cached, summary.Failed, out)
		return failures(summary, out)
	})
}

// working opens the folder of records and the stores for the time of work, which gets them
// with the flags' part of the options.
func (a *app) working(out string, o run.Options, work func(run.Options) error) (err error) {
	w := a.newWatch(o.Jobs)
	o.Watch, o.Program, o.Threads = w, programVersion(), a.threads
	if o.Prepared, err = a.preparedStore(); err != nil {
		return err
	}
	if o.Stages, err = a.stageStore(); err != nil {
		return err
	}
	if o.Store, err = record.Open(out); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Store.Close()) }()
	w.open(o.Store)
	defer w.close()
	return work(o)
}

// failures is nil when every trial is finished.
func failures(s run.Summary, out string) error {
	switch s.Failed {
	case 0:
		return nil
	case 1:
		return s.Err
	default:
		return fmt.Errorf("%d trials failed (records in %s); the first: %w", s.Failed, out, s.Err)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/bundle"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) bundleCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "bundle DIR", Short: "Pack what a table was made of into one file; verify and rerun check such a file", Args: one("DIR"),
		Long: "Bundle packs the plan of a folder of records, the records with their rankings and the values of users, the split data, the checksums of the\n" +
			"plugins, seeds and environments, and the table, into one zip archive. Unpacked it is a folder of records. Models are not packed. The split data\n" +
			"are users, items and titles of the data set: its licence says who may be given them.",
		RunE: func(_ *cobra.Command, args []string) error { return a.bundle(args[0], out) },
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write (default: bundle.zip in DIR)")
	a.planFlag(c)
	c.AddCommand(a.bundleVerifyCommand(), a.bundleRerunCommand())
	return c
}

func (a *app) bundle(dir, out string) error {
	store, plan, err := a.openRecords(dir)
	if err != nil {
		return err
	}
	stored, err := store.FindPlan(a.planName)
	if err != nil {
		return err
	}
	if out == "" {
		out = filepath.Join(dir, "bundle.zip")
	}
	p, err := bundle.Pack(out, plan, stored, store, programVersion())
	if err != nil {
		return err
	}
	status := map[string]int{}
	for _, t := range p.Trials {
		status[t.Status]++
	}
	a.print("%s: %.1f MB, %s (%d done, %d failed, %d not run), sha256 %s\n", out, float64(p.Size)/1e6, counted(len(p.Trials), "trial"), status["done"], status["failed"], status["missing"], p.SHA256)
	return nil
}

// withBundle unpacks a bundle for the time of work.
func withBundle(file string, work func(*bundle.Opened) error) (err error) {
	dir, err := os.MkdirTemp("", "cllm4rec-bundle-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	opened, err := bundle.Open(file, dir)
	if err != nil {
		return err
	}
	return work(opened)
}

func (a *app) bundleVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE", Short: "Recompute every number of a bundle's table from its rankings", Args: one("FILE"),
		Long: "Verify measures every ranking of a bundle again, holds the values of each user, the means and the table against them, and says what is missing,\n" +
			"changed, or comes out otherwise. No plugin is started and no data set is asked for. Exit code 1 says that something differs.",
		RunE: func(_ *cobra.Command, args []string) error {
			return withBundle(args[0], func(o *bundle.Opened) error {
				v, err := o.Verify()
				if err != nil {
					return err
				}
				return a.sayVerified(args[0], v)
			})
		},
	}
}

func (a *app) sayVerified(file string, v *bundle.Verified) error {
	for _, f := range v.Faults {
		a.print("differs: %s\n", f)
	}
	a.print("%s, %s and %s of single users measured again; %s of the table compared\n", counted(v.Trials, "trial"), counted(v.Lists, "ranking"), counted(v.Values, "value"), counted(v.Numbers, "number"))
	for _, note := range v.Notes {
		a.print("%s\n", note)
	}
	if len(v.Faults) > 0 {
		return fmt.Errorf("%s: %s", file, counted(len(v.Faults), "difference"))
	}
	a.print("%s: nothing differs\n", file)
	return nil
}

// rerunning is what bundle rerun is told.
type rerunning struct {
	file, experiment, out string
	only                  []string
	jobs                  int
	tolerance             float64
}

func (a *app) bundleRerunCommand() *cobra.Command {
	var o rerunning
	var limits limits
	c := &cobra.Command{
		Use: "rerun FILE", Short: "Train the trials of a bundle again and compare", Args: one("FILE"),
		Long: "Rerun trains and measures every trial of a bundle again, into a new folder of records and without stages that other runs stored, and compares\n" +
			"means and rankings. What searches chose is taken from the bundle. The plan has absolute paths; where data and models lie elsewhere, the\n" +
			"experiment file plans anew (--experiment, with --data and --models), and its trials are held against the bundle's by their keys.\n" +
			"Exit code 1 says that some mean lies further apart than the tolerance.",
		RunE: func(c *cobra.Command, args []string) error {
			o.file = args[0]
			if !(o.tolerance >= 0) {
				return contract.Errorf(contract.ErrInvalid, "--tolerance %v: expected 0 or more", o.tolerance)
			}
			if err := errors.Join(a.share(o.jobs), limits.check()); err != nil {
				return err
			}
			return withBundle(o.file, func(b *bundle.Opened) error { return a.rerun(c.Context(), b, o, limits) })
		},
	}
	c.Flags().StringVar(&o.out, "out", "", "folder of the new records (default: runs/NAME-rerun)")
	c.Flags().StringVar(&o.experiment, "experiment", "", "experiment file to plan from in place of the bundle's plan")
	c.Flags().StringSliceVar(&o.only, "only", nil, "methods to train again, with those that they need (default: all)")
	c.Flags().IntVar(&o.jobs, "jobs", 1, "trials of a data set that run at a time")
	c.Flags().Float64Var(&o.tolerance, "tolerance", 1e-9, "how far apart means may lie; other processors and libraries add up in other orders")
	limits.flags(c)
	a.threadsFlag(c)
	a.planningFlags(c)
	a.deviceFlag(c)
	return c
}

func (a *app) rerun(ctx context.Context, b *bundle.Opened, o rerunning, limits limits) error {
	if len(b.Faults) > 0 {
		return contract.Errorf(contract.ErrBadData, "%s: %s (`cllm4rec bundle verify` lists all)", o.file, b.Faults[0])
	}
	if o.out == "" {
		o.out = filepath.Join("runs", b.Experiment+"-rerun")
	}
	a.store = storeOff // a stage that is taken from a store is not trained
	work := func(plan *experiment.Plan, plugins *run.Host) error {
		if len(o.only) > 0 {
			if err := bundle.Only(plan, o.only); err != nil {
				return err
			}
		}
		ro := run.Options{Plugins: plugins, Jobs: o.jobs, Devices: a.devices()}
		limits.over(plan.Limits).limit(plugins, &ro)
		return a.working(o.out, ro, func(ro run.Options) error {
			summary, err := run.Run(ctx, plan, ro)
			a.screen.Close()
			if err != nil {
				return err
			}
			return errors.Join(a.compareRerun(b, plan, ro.Store, o), failures(summary, o.out))
		})
	}
	if o.experiment == "" {
		return a.withHost(func(_ *host.Host, plugins *run.Host) error {
			if err := b.Fix(b.Plan); err != nil {
				return err
			}
			return work(b.Plan, plugins)
		})
	}
	return a.withPlan(ctx, o.experiment, true, func(plan *experiment.Plan, plugins *run.Host) error {
		if err := errors.Join(b.Fix(plan), b.Holds(plan)); err != nil {
			return err
		}
		return work(plan, plugins)
	})
}

// compareRerun prints what differs.
func (a *app) compareRerun(b *bundle.Opened, plan *experiment.Plan, now *record.Store, o rerunning) error {
	all, err := b.Compare(plan, now)
	if err != nil {
		return err
	}
	differ := 0
	for _, t := range all {
		switch {
		case t.Fault != "":
			differ++
			a.print("%s: %s\n", t.Trial, t.Fault)
		case t.Difference() > o.tolerance:
			differ++
			a.print("%s: %s is %.6f, %.6f in the bundle; %d of %d rankings are the same\n", t.Trial, t.Metric, t.Now, t.Packed, t.Same, t.Lists)
		default:
			a.print("%s: the same to %.1g; %d of %d rankings are the same\n", t.Trial, t.Difference(), t.Same, t.Lists)
		}
	}
	a.print("%s compared. Records: %s\n", counted(len(all), "trial"), o.out)
	if differ > 0 {
		return fmt.Errorf("%s of %s: %d differ by more than %g", counted(len(all), "trial"), o.file, differ, o.tolerance)
	}
	return nil
}

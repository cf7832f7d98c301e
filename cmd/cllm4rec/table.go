package main

import (
	"errors"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

func (a *app) printTables(plan *experiment.Plan, store *record.Store, format report.Format, o report.Options, v view) error {
	o.Strata = format == report.JSON || format == report.CSV
	r, err := report.Build(plan, store, o)
	if err != nil {
		return err
	}
	if err := r.Arrange(v.arrangement()); err != nil {
		return err
	}
	return r.Write(a.stdout, format, v.over(a.stdoutScreen()))
}

// printRecords prints the tables of a folder of records in a named format.
func (a *app) printRecords(dir, format string, o report.Options, v view) error {
	f, err := report.ParseFormat(format)
	if err != nil {
		return err
	}
	store, plan, err := a.openRecords(dir)
	if err != nil {
		return err
	}
	if err := v.apply(plan, &o); err != nil {
		return err
	}
	return a.printTables(plan, store, f, o, v)
}

// readPlan opens a folder of records with the plan that is meant, and its name in the folder.
func (a *app) readPlan(dir string) (store *record.Store, plan *experiment.Plan, id string, err error) {
	if store, err = record.View(dir); err != nil {
		return nil, nil, "", err
	}
	file, err := store.FindPlan(a.planName)
	if err != nil {
		return nil, nil, "", err
	}
	plan, err = loadPlan(file)
	return store, plan, file.ID, err
}

// openRecords is readPlan that says which of several plans it is.
func (a *app) openRecords(dir string) (*record.Store, *experiment.Plan, error) {
	store, plan, id, err := a.readPlan(dir)
	if err != nil {
		return nil, nil, err
	}
	all, err := store.Plans()
	if err == nil && len(all) > 1 && a.planName == "" {
		a.log.Info().Msgf("of %s in %s this is %s, which was run last; --plan says another", counted(len(all), "plan"), dir, id)
	}
	return store, plan, err
}

// loadPlan reads a stored plan.
func loadPlan(file record.PlanFile) (*experiment.Plan, error) {
	var plan experiment.Plan
	if err := file.Load(&plan); err != nil {
		return nil, err
	}
	if err := plan.Check(); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v; run the experiment again to rewrite it", file.Path, err)
	}
	return &plan, nil
}

// planFlag adds --plan to a command that reads a folder of records.
func (a *app) planFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.planName, "plan", "", "which plan of a folder with several: an experiment's name, or the name of a file in plans/ (default: the one that was run last)")
}

// parsePart reads --part.
func parsePart(name string) (contract.Part, error) {
	parts := []string{string(contract.PartTest), string(contract.PartValidation)}
	if !slices.Contains(parts, name) {
		return "", contract.Errorf(contract.ErrInvalid, "--part %q: expected test or validation%s", name, didYouMean(name, parts))
	}
	return contract.Part(name), nil
}

func partFlag(c *cobra.Command, part *string) {
	c.Flags().StringVar(part, "part", string(contract.PartTest), "test or validation")
}

func formatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", string(report.Terminal), "terminal, md, csv, latex or json")
}

func (a *app) tableCommand() *cobra.Command {
	var format, part string
	var o report.Options
	var v view
	c := &cobra.Command{
		Use: "table DIR", Short: "Print the table of a folder of records", Args: one("DIR"),
		Long: "Table prints the table of a folder of records. On a terminal that is too narrow costs are left out first, then columns go into a table of\n" +
			"their own below; docs/reading-tables.md.",
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if o.Part, err = parsePart(part); err != nil {
				return err
			}
			if err := errors.Join(checkBorders(o), checkMeans(o), v.check()); err != nil {
				return err
			}
			return a.printRecords(args[0], format, o, v)
		},
	}
	partFlag(c, &part)
	v.columnFlag(c)
	v.flags(c)
	c.Flags().BoolVar(&o.Means, "means", false, "the means that the records hold, without intervals and tests: fast for thousands of trials")
	formatFlag(c, &format)
	a.planFlag(c)
	strataFlags(c, &o)
	return c
}

// checkMeans refuses to divide what is not read.
func checkMeans(o report.Options) error {
	if o.Means && o.By != "" {
		return contract.Errorf(contract.ErrInvalid, "--means and --by %s: expected one of them, since means are not divided", o.By)
	}
	return nil
}

// strataFlags divide the results.
func strataFlags(c *cobra.Command, o *report.Options) {
	c.Flags().StringVar(&o.By, "by", "", "divide the results: by item_count, user_activity, split, seed or an attribute of users")
	c.Flags().IntSliceVar((*[]int)(&o.Borders), "buckets", nil, "rising upper borders of the counts, such as 4,8,16,40 (default: those of the experiment, else quartiles)")
}

// checkBorders refuses borders that do not rise or that nothing is divided by.
func checkBorders(o report.Options) error {
	switch {
	case o.Borders == nil:
		return nil
	case o.By == "":
		return contract.Errorf(contract.ErrInvalid, "--buckets are the borders of --by item_count or --by user_activity, which is not given")
	}
	if err := o.Borders.Check(); err != nil {
		return contract.Errorf(contract.ErrInvalid, "--buckets: %v", err)
	}
	return nil
}

func (a *app) measureCommand() *cobra.Command {
	var format, part string
	var o report.Options
	var v view
	c := &cobra.Command{
		Use: "measure DIR", Short: "Measure the stored rankings of a folder of records by any metric, without training", Args: one("DIR"),
		Long: "Measure prints the table of a folder of records with other metrics, or of the validation part. It reads what each trial\n" +
			"recommended to each user; nothing is trained and no plugin is started. The metrics are " + metricList() + ", each with a depth as in ndcg@20.",
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if o.Part, err = parsePart(part); err != nil {
				return err
			}
			if err := errors.Join(checkBorders(o), v.check()); err != nil {
				return err
			}
			return a.printRecords(args[0], format, o, v)
		},
	}
	c.Flags().StringSliceVar(&o.Metrics, "metrics", nil, "metrics with their depths, such as recall@10,coverage@10 (default: those of the experiment)")
	partFlag(c, &part)
	v.flags(c)
	formatFlag(c, &format)
	a.planFlag(c)
	strataFlags(c, &o)
	return c
}

func metricList() string { return strings.Join(eval.MetricNames(), ", ") }

package main

import (
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

func (a *app) printTables(plan *experiment.Plan, store *record.Store, format report.Format, o report.Options) error {
	r, err := report.Build(plan, store, o)
	if err != nil {
		return err
	}
	return r.Write(a.stdout, format, isTerminal(a.stdout))
}

// printRecords prints the tables of a folder of records in a named format.
func (a *app) printRecords(dir, format string, o report.Options) error {
	f, err := report.ParseFormat(format)
	if err != nil {
		return err
	}
	store, err := record.View(dir)
	if err != nil {
		return err
	}
	var plan experiment.Plan
	if err := store.LoadPlan(&plan); err != nil {
		return err
	}
	if err := plan.Check(); err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is damaged: %v; run the experiment again to rewrite it", filepath.Join(dir, "plan.json"), err)
	}
	return a.printTables(&plan, store, f, o)
}

func formatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", string(report.Terminal), "terminal, md, csv, latex or json")
}

func (a *app) tableCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "table DIR", Short: "Print the table of a folder of records", Args: one("DIR"),
		RunE: func(_ *cobra.Command, args []string) error { return a.printRecords(args[0], format, report.Options{}) },
	}
	formatFlag(c, &format)
	return c
}

func (a *app) measureCommand() *cobra.Command {
	var format, part string
	var metrics []string
	c := &cobra.Command{
		Use: "measure DIR", Short: "Measure the stored rankings of a folder of records by any metric, without training", Args: one("DIR"),
		Long: "Measure prints the table of a folder of records with other metrics, or of the validation part. It reads what each trial\n" +
			"recommended to each user; nothing is trained and no plugin is started. The metrics are " + metricList() + ", each with a depth as in ndcg@20.",
		RunE: func(_ *cobra.Command, args []string) error {
			parts := []string{string(contract.PartTest), string(contract.PartValidation)}
			if !slices.Contains(parts, part) {
				return contract.Errorf(contract.ErrInvalid, "--part %q: expected test or validation%s", part, didYouMean(part, parts))
			}
			return a.printRecords(args[0], format, report.Options{Metrics: metrics, Part: contract.Part(part)})
		},
	}
	c.Flags().StringSliceVar(&metrics, "metrics", nil, "metrics with their depths, such as recall@10,coverage@10 (default: those of the experiment)")
	c.Flags().StringVar(&part, "part", string(contract.PartTest), "test or validation")
	formatFlag(c, &format)
	return c
}

func metricList() string { return strings.Join(eval.MetricNames(), ", ") }

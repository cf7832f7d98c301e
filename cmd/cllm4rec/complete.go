package main

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/datasets"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

// values are what a shell offers behind a flag or as an argument.
type values func(c *cobra.Command, args []string) []string

// some offers fixed values.
func some(fixed ...string) values {
	return func(*cobra.Command, []string) []string { return fixed }
}

// completions tells the shell which values flags and arguments take, by their names.
func (a *app) completions(root *cobra.Command) {
	flags := map[string]values{
		"part": some(string(contract.PartTest), string(contract.PartValidation)), "notes": some(notesShort, notesAll),
		"strata": some(strataAuto, strataAll), "keep": some(keepModels), "log-level": some("debug", "info", "warn", "error"),
		"metrics": a.metrics, "metric": a.metrics, "columns": func(c *cobra.Command, args []string) []string {
			return slices.Concat(a.metrics(c, args), report.Costs())
		},
		"sort": func(c *cobra.Command, args []string) []string {
			return slices.Concat(a.metrics(c, args), report.Costs(), []string{"method"})
		},
		"against": a.methods, "by": some(report.ByItemCount, report.ByUserActivity, report.BySplit, report.BySeed),
		"dataset": a.tables, "plan": a.planNames, "format": formats, "device": some("cpu", "cuda:0", "auto"),
	}
	arguments := map[string]values{
		"compare": a.afterFolder(a.methods), "search": a.afterFolder(a.methods), "plugins": a.pluginNames, "check": a.pluginNames, "install": a.pluginNames, "remove": a.pluginNames,
		"get": catalogue,
	}
	a.complete(root, flags, arguments)
}

// complete gives a command and those below it their values.
func (a *app) complete(c *cobra.Command, flags, arguments map[string]values) {
	for name, offered := range flags {
		if c.LocalFlags().Lookup(name) == nil || c.LocalFlags().Lookup(name).Value.Type() == "bool" {
			continue
		}
		// An error says that the flag has values already, or is not there: neither is so.
		_ = c.RegisterFlagCompletionFunc(name, func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return offered(c, args), cobra.ShellCompDirectiveNoFileComp
		})
	}
	if offered := arguments[c.Name()]; offered != nil && c.ValidArgsFunction == nil && (c.Name() != "get" || c.Parent().Name() == "data") {
		c.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if found := offered(c, args); found != nil {
				return found, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault // a folder or a file
		}
	}
	for _, below := range c.Commands() {
		a.complete(below, flags, arguments)
	}
}

// afterFolder offers values behind a first argument, which is a folder.
func (a *app) afterFolder(offered values) values {
	return func(c *cobra.Command, args []string) []string {
		if len(args) == 0 {
			return nil
		}
		return offered(c, args)
	}
}

// formats are those of the command.
func formats(c *cobra.Command, _ []string) []string {
	switch c.Name() {
	case "table", "measure", "compare":
		return report.Formats()
	case "export":
		if c.Parent().Name() == "data" {
			return formNames()
		}
		return resultFormNames()
	}
	return nil
}

// planOf is the plan of the folder in the first argument; nil where there is none.
func (a *app) planOf(args []string) *experiment.Plan {
	if len(args) == 0 {
		return nil
	}
	_, plan, _, err := a.readPlan(args[0])
	if err != nil {
		return nil
	}
	return plan
}

// metrics are those of the folder's experiment, and all others at its depths.
func (a *app) metrics(_ *cobra.Command, args []string) []string {
	var names []string
	if plan := a.planOf(args); plan != nil {
		names = slices.Clone(plan.Evaluate.Metrics)
	}
	for _, family := range eval.MetricNames() {
		if name := family + "@20"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (a *app) methods(_ *cobra.Command, args []string) (names []string) {
	plan := a.planOf(args)
	if plan == nil {
		return nil
	}
	for _, m := range plan.Methods {
		if !slices.Contains(args, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

func (a *app) tables(_ *cobra.Command, args []string) (names []string) {
	if plan := a.planOf(args); plan != nil {
		for _, splits := range plan.Tables() {
			names = append(names, plan.Datasets[splits[0]].Name)
		}
	}
	return names
}

func (a *app) planNames(_ *cobra.Command, args []string) (names []string) {
	if len(args) == 0 {
		return nil
	}
	store, err := record.View(args[0])
	if err != nil {
		return nil
	}
	all, err := store.Plans()
	if err != nil {
		return nil
	}
	for _, f := range all {
		names = append(names, f.ID)
	}
	return names
}

func (a *app) pluginNames(*cobra.Command, []string) (names []string) {
	h, err := host.Open(host.Options{Dirs: a.plugins})
	if err != nil {
		return nil
	}
	defer func() { _ = h.Close(context.Background()) }()
	found, err := h.List()
	if err != nil {
		return nil
	}
	for _, b := range found {
		names = append(names, b.Name)
	}
	return names
}

func catalogue(*cobra.Command, []string) (names []string) {
	known, err := datasets.Open("")
	if err != nil {
		return nil
	}
	for _, s := range known.Datasets {
		names = append(names, s.Name)
	}
	return names
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) validateCommand() *cobra.Command {
	var schemaOnly, look bool
	c := &cobra.Command{
		Use: "validate FILE", Short: "Find everything that is wrong with an experiment or pretraining file", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case schemaOnly:
				a.print("%s\n", experiment.Schema())
				return nil
			case len(args) == 0:
				return contract.Errorf(contract.ErrInvalid, "validate needs a FILE")
			}
			return a.validate(c.Context(), args[0], look)
		},
	}
	a.planningFlags(c)
	a.deviceFlag(c)
	c.Flags().BoolVar(&schemaOnly, "schema", false, "print the JSON schema of experiment files instead")
	c.Flags().BoolVar(&look, "look", false, "read the first rows of every data set of an experiment too")
	return c
}

func (a *app) validate(ctx context.Context, file string, look bool) error {
	return a.withHost(func(_ *host.Host, plugins *run.Host) error {
		plan, pretrain, err := experiment.Validate(ctx, file, a.reading(plugins))
		plugins.Release(ctx)
		if err != nil {
			return err
		}
		if look && plan != nil {
			seen, err := run.Look(ctx, plan, plugins)
			if err != nil {
				return err
			}
			for _, s := range seen {
				a.print("%s\n", s)
			}
		}
		a.print("%s is fine: %s\n", file, contents(plan, pretrain))
		if plan != nil && a.size == "" && len(plan.Sizes) > 0 {
			a.print("it has other sizes, which are checked with --size: %s\n", strings.Join(plan.Sizes, ", "))
		}
		return nil
	})
}

// contents is what a file holds, in words.
func contents(plan *experiment.Plan, pretrain *experiment.PretrainPlan) string {
	if plan == nil {
		return fmt.Sprintf("pretraining of %s for %s", pretrain.Spec.Out, counted(pretrain.Spec.Steps, "step"))
	}
	text := fmt.Sprintf("%s, %s, %s, %s", dataSets(plan), counted(len(plan.Methods), "method"),
		counted(len(plan.Seeds), "seed"), counted(len(plan.Trials), "trial"))
	searches := 0
	for _, m := range plan.Methods {
		if m.Search != nil {
			searches++
		}
	}
	if searches > 0 {
		text += fmt.Sprintf(", and those that the searches of %s decide", counted(searches, "method"))
	}
	return text
}

// dataSets is such as "2 data sets", or "1 data set in 5 splits".
func dataSets(plan *experiment.Plan) string {
	text := counted(len(plan.Tables()), "data set")
	if splits := len(plan.Datasets); splits > len(plan.Tables()) {
		text += fmt.Sprintf(" in %d splits", splits)
	}
	return text
}

// counted is such as "1 trial" or "3 trials".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (a *app) planCommand() *cobra.Command {
	var out string
	var o costOptions
	c := &cobra.Command{
		Use: "plan FILE", Short: "Show every trial, whether it has a record, what it will cost and why it would run again", Args: one("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.share(o.jobs); err != nil {
				return err
			}
			return a.withPlan(c.Context(), args[0], false, func(plan *experiment.Plan, plugins *run.Host) error {
				return a.plan(c.Context(), plan, plugins, outDir(out, plan), o)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder of the records (default: runs/NAME)")
	o.flags(c)
	a.storeFlag(c)
	a.threadsFlag(c)
	a.planningFlags(c)
	a.methodsFlag(c)
	a.deviceFlag(c)
	return c
}

func (a *app) plan(ctx context.Context, plan *experiment.Plan, plugins *run.Host, out string, o costOptions) error {
	if err := a.takeChoices(ctx, plan, out); err != nil {
		return err
	}
	plugins.Release(ctx)
	forecast, err := a.forecast(ctx, plan, plugins, out)
	if err != nil {
		return err
	}
	if o.probe {
		if err := forecast.Probe(ctx, run.Options{Plugins: plugins, Watch: a.newWatch(1), Threads: a.threads, Devices: a.devices()}, o.limit); err != nil {
			return err
		}
	}
	if err := a.printTrials(plan, forecast, out); err != nil {
		return err
	}
	if err := a.printSavings(forecast); err != nil {
		return err
	}
	a.printCosts(plan, forecast, o.jobs)
	return nil
}

// takeChoices takes what earlier searches chose into the plan and says how far the others are.
func (a *app) takeChoices(ctx context.Context, plan *experiment.Plan, out string) error {
	store, err := record.View(out)
	if err != nil && !errors.Is(err, contract.ErrNotFound) {
		return err
	}
	all, err := run.TakeChoices(ctx, plan, store, true)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !plan.Selected(s.Method) {
			continue
		}
		m := plan.Methods[s.Method]
		text := fmt.Sprintf("%s on %s: a search of up to %s (%s) on validation", m.Name, plan.Datasets[s.Dataset].Label(), counted(m.Search.Trials, "configuration"), m.Search.Sampler)
		for _, note := range m.Search.Notes {
			a.print("%s: %s.\n", m.Name, note)
		}
		if name := plan.Hopeless(s.Dataset, s.Method); name != "" && name != m.Name {
			a.print("%s on %s is not run: the search of %s found no configuration that runs.\n", m.Name, plan.Datasets[s.Dataset].Label(), name)
			continue
		}
		if s.Over {
			a.print("%s is over after %d.\n", text, s.Tried)
		} else {
			a.print("%s comes first, %d of them have records; the best then runs with %s.\n", text, s.Tried, counted(len(plan.Seeds), "seed"))
		}
	}
	return nil
}

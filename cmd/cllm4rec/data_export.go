package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/export"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

// exporting is what data export is told.
type exporting struct{ dataset, dir, form string }

func (a *app) dataExportCommand() *cobra.Command {
	var o exporting
	c := &cobra.Command{
		Use: "export FILE", Short: "Write a split data set for RecBole, as the CLLM4Rec layout, as Parquet or as sequences", Args: one("FILE"),
		Long: "Export writes the split of a data set of an experiment file, with its texts and attributes, into a new folder, says what the\n" +
			"form cannot hold, and prints the entry of an experiment file that reads it again. Texts about held-out interactions stay out.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.withPlan(c.Context(), args[0], false, func(plan *experiment.Plan, plugins *run.Host) error {
				return a.export(c.Context(), plan, plugins, o)
			})
		},
	}
	c.Flags().StringVar(&o.dataset, "dataset", "", "name of the data set (may be left out where there is one)")
	c.Flags().StringVar(&o.dir, "to", "", "folder to make")
	c.Flags().StringVar(&o.form, "format", "", strings.Join(formNames(), ", "))
	a.storeFlag(c)
	a.planningFlags(c)
	return c
}

func formNames() []string {
	var names []string
	for _, f := range export.Forms() {
		names = append(names, string(f))
	}
	return names
}

func (o exporting) check() error {
	switch {
	case o.form == "":
		return contract.Errorf(contract.ErrInvalid, "data export needs --format: one of %s", strings.Join(formNames(), ", "))
	case !slices.Contains(formNames(), o.form):
		return contract.Errorf(contract.ErrInvalid, "--format %q: expected one of %s%s", o.form, strings.Join(formNames(), ", "), didYouMean(o.form, formNames()))
	case o.dir == "":
		return contract.Errorf(contract.ErrInvalid, "data export needs --to, the folder to make")
	}
	return nil
}

func (a *app) export(ctx context.Context, plan *experiment.Plan, plugins *run.Host, o exporting) error {
	d, err := chosenDataset(plan, o.dataset)
	if err != nil {
		return err
	}
	p := &plan.Datasets[d]
	described, err := plugins.Describe(ctx, contract.KindDataset, p.Plugin.Name)
	plugins.Release(ctx)
	if err != nil {
		return err
	}
	p.Attributes = described.Can(contract.CapabilityAttributes) // also where no method asks
	reading, err := a.readingData(plugins)
	if err != nil {
		return err
	}
	got, err := run.Read(ctx, plan, d, reading)
	if err != nil {
		return err
	}
	name := filepath.Base(filepath.Clean(o.dir))
	written, err := export.Write(got.Split, export.Form(o.form), o.dir, name, p.Selection.Split.Seed)
	if err != nil {
		return err
	}
	entry, err := entryOf(p.Name, written, o.dir)
	if err != nil {
		return err
	}
	a.print("# %s of %s in %s: %s\n", counted(got.Split.Audit.Interactions, "interaction"), p.Label(), o.dir, strings.Join(written.Files, ", "))
	for _, lost := range written.Lost {
		a.print("# note: %s\n", lost)
	}
	a.print("%s", entry)
	return nil
}

// chosenDataset is the place of the data set of a name, or of the only one.
func chosenDataset(plan *experiment.Plan, name string) (int, error) {
	var known []string
	for _, d := range plan.Datasets {
		known = append(known, d.Label())
	}
	switch at := slices.Index(known, name); {
	case at >= 0:
		return at, nil
	case name == "" && len(known) == 1:
		return 0, nil
	case name == "":
		return 0, contract.Errorf(contract.ErrInvalid, "the file has several data sets: --dataset says which, one of %q", known)
	}
	return 0, contract.Errorf(contract.ErrInvalid, "--dataset %q: expected one of %q%s", name, known, didYouMean(name, known))
}

// entryOf is a data set of an experiment file that reads an export.
func entryOf(name string, w *export.Written, dir string) (string, error) {
	split := map[string]any{"method": data.MethodGiven}
	if w.Seed != data.DefaultSplitSeed {
		split["seed"] = w.Seed
	}
	return datasetEntry{name, w.Plugin, w.ParamsIn(dir), split}.lines()
}

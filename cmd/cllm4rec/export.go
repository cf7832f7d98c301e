package main

import (
	"bytes"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/results"

	"github.com/spf13/cobra"
)

// resultForm is a form in which results leave.
type resultForm struct {
	name string
	file string // default name in the folder of records
	text bool   // it can be printed
}

func resultForms() []resultForm {
	return []resultForm{
		{"latex", "table.tex", true}, {"csv", "results.csv", true}, {"json", "results.json", true},
		{"parquet", "users.parquet", false}, {"tensorboard", "tensorboard", false}, {"mlflow", "mlruns", false}, {"croissant", "croissant.json", true},
	}
}

func resultFormNames() (names []string) {
	for _, f := range resultForms() {
		names = append(names, f.name)
	}
	return names
}

// leaving is what export is told.
type leaving struct {
	dir, form, out, part, strata, legend string
	set                                  report.LaTeXOptions
	view                                 view
}

func (a *app) exportCommand() *cobra.Command {
	var o leaving
	c := &cobra.Command{
		Use: "export DIR", Short: "Write the results of a folder of records for a paper, a notebook or a tracker", Args: one("DIR"),
		Long: "Export writes results from records alone; nothing is trained and no plugin is started.\n" +
			"  latex        each table as a float of booktabs, marks and sources below it\n" +
			"  csv, json    everything: published rows, intervals, p-values, effect sizes, cost, groups of items and users; json also pairs, trials and the audit\n" +
			"  parquet      what every trial reached for every user\n" +
			"  tensorboard  a folder of event files: curves, results and cost of each trial\n" +
			"  mlflow       a folder that MLflow reads (a file store): each trial as a run with its settings, curves and record;\n" +
			"               with -o http://HOST:PORT the runs are sent to a server, those that it has already left out\n" +
			"  croissant    a card of the stored data: files with checksums, columns, how they were made, what their audits warn of\n" +
			"docs/exports.md shows each in use.",
		RunE: func(c *cobra.Command, args []string) error {
			o.dir = args[0]
			return a.exportResults(c, o)
		},
	}
	c.Flags().StringVar(&o.form, "format", "", strings.Join(resultFormNames(), ", "))
	c.Flags().StringVarP(&o.out, "output", "o", "", "file or folder to write; - prints latex, csv, json and croissant (default: table.tex, results.csv, results.json, users.parquet, tensorboard, mlruns or croissant.json in DIR)")
	c.Flags().StringVar(&o.part, "part", string(contract.PartTest), "test or validation; tensorboard and mlflow have both")
	c.Flags().StringVar(&o.strata, "strata", strataAuto, "csv, json: groups that read stored lists where these are at most a million in a data set (auto), or always (all)")
	o.view.columnFlag(c)
	o.view.rowFlags(c)
	c.Flags().StringVar(&o.set.Label, "label", "", "latex: what \\label says; of several tables each has its number behind it")
	c.Flags().StringVar(&o.set.Caption, "caption", "", "latex: text of the caption (default: the data set)")
	c.Flags().BoolVar(&o.set.Bare, "bare", false, "latex: means without their intervals")
	c.Flags().StringVar(&o.legend, "legend", string(report.LegendMarks), "latex, what stands below: marks (what intervals and marks mean, sources of published numbers), all notes, or none")
	a.planFlag(c)
	return c
}

// latexFlags are those that one format alone has.
var latexFlags = []string{"columns", "sort", "label", "caption", "bare", "legend"}

// check refuses what is missing or would do nothing.
func (o *leaving) check(c *cobra.Command) (resultForm, error) {
	at := slices.IndexFunc(resultForms(), func(f resultForm) bool { return f.name == o.form })
	if at < 0 {
		return resultForm{}, contract.Errorf(contract.ErrInvalid, "--format %q: expected one of %s%s", o.form, strings.Join(resultFormNames(), ", "), didYouMean(o.form, resultFormNames()))
	}
	form := resultForms()[at]
	refuse := func(names []string, has ...string) error {
		for _, name := range names {
			if c.Flags().Changed(name) && !slices.Contains(has, form.name) {
				return contract.Errorf(contract.ErrInvalid, "--%s does nothing with --format %s: it is for %s", name, form.name, strings.Join(has, ", "))
			}
		}
		return nil
	}
	if err := refuse(latexFlags, "latex"); err != nil {
		return form, err
	}
	if err := refuse([]string{"against"}, "latex", "csv", "json"); err != nil {
		return form, err
	}
	if err := refuse([]string{"strata"}, "csv", "json"); err != nil {
		return form, err
	}
	if err := refuse([]string{"part"}, "latex", "csv", "json", "parquet"); err != nil {
		return form, err
	}
	if o.out == "-" && !form.text {
		return form, contract.Errorf(contract.ErrInvalid, "-o -: %s cannot be printed; name a file or folder", form.name)
	}
	if o.out == "" {
		o.out = filepath.Join(o.dir, form.file)
	}
	return form, nil
}

func (a *app) exportResults(c *cobra.Command, o leaving) error {
	form, err := o.check(c)
	if err != nil {
		return err
	}
	part, err := parsePart(o.part)
	if err != nil {
		return err
	}
	all, err := parseStrata(o.strata)
	if err != nil {
		return err
	}
	store, plan, err := a.openRecords(o.dir)
	if err != nil {
		return err
	}
	shown := report.Options{Part: part}
	if err := o.view.apply(plan, &shown); err != nil {
		return err
	}
	details := report.DetailOptions{Part: part, AllStrata: all, Effects: true}
	switch form.name {
	case "latex":
		o.set.Legend = report.Legend(o.legend)
		return a.writeText(o.out, func(w io.Writer) error {
			r, err := report.Build(plan, store, shown)
			if err != nil {
				return err
			}
			if err := r.Arrange(o.view.arrangement()); err != nil {
				return err
			}
			return r.LaTeX(w, o.set)
		})
	case "csv":
		return a.writeText(o.out, func(w io.Writer) error { return everything(plan, store, details, w, (*report.Details).WriteCSV) })
	case "json":
		return a.writeText(o.out, func(w io.Writer) error { return everything(plan, store, details, w, (*report.Details).WriteJSON) })
	case "croissant":
		return a.writeText(o.out, func(w io.Writer) error {
			base := filepath.Dir(o.out)
			if o.out == "-" {
				base = o.dir
			}
			raw, err := results.Croissant(plan, store, o.dir, base)
			if err == nil {
				_, err = w.Write(raw)
			}
			return err
		})
	case "parquet":
		return a.writeUsers(o.out, plan, store, part)
	}
	if form.name == "mlflow" && strings.Contains(o.out, "://") {
		sent, there, err := results.PushMLflow(c.Context(), o.out, plan, store)
		if err == nil {
			a.print("%s: %s sent, %d were there\n", withoutPassword(o.out), counted(sent, "run"), there)
		}
		return err
	}
	write := results.TensorBoard
	if form.name == "mlflow" {
		write = results.MLflow
	}
	n, err := write(o.out, plan, store)
	if err == nil {
		a.print("%s: %s\n", o.out, counted(n, "run"))
	}
	return err
}

// withoutPassword is an address as it may be shown.
func withoutPassword(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return "the server"
	}
	return at.Redacted()
}

func everything(plan *experiment.Plan, store *record.Store, o report.DetailOptions, w io.Writer, write func(*report.Details, io.Writer) error) error {
	d, err := report.Detail(plan, store, o)
	if err != nil {
		return err
	}
	return write(d, w)
}

// writeText writes or prints.
func (a *app) writeText(out string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if out == "-" {
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	if err := disk.Replace(out, b.Bytes()); err != nil {
		return err
	}
	a.print("%s\n", out)
	return nil
}

func (a *app) writeUsers(out string, plan *experiment.Plan, store *record.Store, part contract.Part) error {
	var b bytes.Buffer
	rows, err := results.Users(&b, plan, store, part)
	if err != nil {
		return err
	}
	if err := disk.Replace(out, b.Bytes()); err != nil {
		return err
	}
	a.print("%s: %s\n", out, counted(int(rows), "row"))
	return nil
}

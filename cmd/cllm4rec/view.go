package main

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

// view is how a table is shown. Its zero value is that after a run.
type view struct {
	columns       []string
	sort, against string
	notes         string
	width         int
}

// What --notes may be told.
const (
	notesShort = "short"
	notesAll   = "all"
)

// columnFlag adds --columns.
func (v *view) columnFlag(c *cobra.Command) {
	c.Flags().StringSliceVar(&v.columns, "columns", nil, "columns in this order: metrics with their depths, and of train, rank, peak and trials (default: all; a metric that records lack is computed)")
}

// rowFlags add what orders and tests rows.
func (v *view) rowFlags(c *cobra.Command) {
	c.Flags().StringVar(&v.sort, "sort", "", "order of the rows: a metric (highest first), train, rank, peak, trials or method (lowest first), or with :asc or :desc behind it (default: as in the experiment)")
	c.Flags().StringVar(&v.against, "against", "", "the row that all others are tested against (default: that of the experiment)")
}

func (v *view) flags(c *cobra.Command) {
	v.rowFlags(c)
	c.Flags().StringVar(&v.notes, "notes", notesShort, "what a terminal says below a table: short, or all that the other formats say")
	c.Flags().IntVar(&v.width, "width", 0, "columns of the terminal (default: as it is; without one as wide as tables are)")
}

func (v *view) check() error {
	if known := []string{notesShort, notesAll}; !slices.Contains(known, v.notes) {
		return contract.Errorf(contract.ErrInvalid, "--notes %q: expected short or all%s", v.notes, didYouMean(v.notes, known))
	}
	if v.width < 0 {
		return contract.Errorf(contract.ErrInvalid, "--width %d: expected 0 or more", v.width)
	}
	return nil
}

// apply takes metrics among the columns into what is measured, and another reference into
// the plan.
func (v *view) apply(plan *experiment.Plan, o *report.Options) error {
	if v.columns != nil {
		o.Metrics = nil
		for _, name := range v.columns {
			if slices.Contains(report.Costs(), name) {
				continue
			}
			if _, err := eval.ParseMetric(name); err != nil {
				return contract.Errorf(contract.ErrInvalid, "--columns: %q is neither of %s nor a metric: %v", name, strings.Join(report.Costs(), ", "), err)
			}
			o.Metrics = append(o.Metrics, name)
		}
		if o.Metrics == nil {
			return contract.Errorf(contract.ErrInvalid, "--columns %s: expected a metric too, such as %s", strings.Join(v.columns, ","), strings.Join(plan.Evaluate.Metrics, " or "))
		}
	}
	if v.against == "" {
		return nil
	}
	var known []string
	for _, m := range plan.Methods {
		known = append(known, m.Name)
	}
	if !slices.Contains(known, v.against) {
		return contract.Errorf(contract.ErrInvalid, "--against %q: there is no such method%s", v.against, didYouMean(v.against, known))
	}
	plan.Table.Against = v.against
	return nil
}

func (v *view) arrangement() report.Arrangement {
	a := report.Arrangement{Sort: v.sort}
	if v.columns != nil {
		a.Costs = []string{}
	}
	for _, name := range v.columns {
		if slices.Contains(report.Costs(), name) {
			a.Costs = append(a.Costs, name)
		}
	}
	return a
}

// over is the screen with what was asked for.
func (v *view) over(s report.Screen) report.Screen {
	if v.width > 0 {
		s.Width = v.width
	}
	s.AllNotes = v.notes == notesAll
	return s
}

// stdoutScreen is the terminal behind stdout.
func (a *app) stdoutScreen() report.Screen {
	s := report.Screen{Color: coloured(a.stdout)}
	if isTerminal(a.stdout) {
		s.Width, _ = terminalSize(a.stdout)
	}
	return s
}

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/printable"

	"github.com/spf13/cobra"
)

func (a *app) searchCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "search DIR [ROW]", Short: "Show what the searches of a run tried, and what each configuration reached on validation",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			_, plan, err := a.openRecords(args[0])
			if err != nil {
				return err
			}
			row := ""
			if len(args) > 1 {
				row = args[1]
			}
			return a.showSearches(plan, row)
		},
	}
	a.planFlag(c)
	return c
}

// showSearches prints a table for each search, of one row or of all.
func (a *app) showSearches(plan *experiment.Plan, row string) error {
	var known []string
	for _, m := range plan.Methods {
		if m.Search != nil {
			known = append(known, m.Name)
		}
	}
	if len(known) == 0 {
		return contract.Errorf(contract.ErrNotFound, "no method of %s has a search", plan.Name)
	}
	if row != "" && !slices.Contains(known, row) {
		return contract.Errorf(contract.ErrInvalid, "there is no searched method %q%s", row, didYouMean(row, known))
	}
	shown := 0
	for _, c := range plan.Choices {
		if name := plan.Methods[c.Method].Name; row == "" || row == name {
			a.print("%s on %s:\n", printable.Line(name), printable.Line(plan.Datasets[c.Dataset].Label()))
			if err := a.showSearch(*plan.Methods[c.Method].Search, c); err != nil {
				return err
			}
			shown++
		}
	}
	if shown == 0 {
		a.print("No search is over yet; `cllm4rec plan FILE` says how far each is.\n")
	}
	return nil
}

func (a *app) showSearch(s experiment.SearchPlan, c experiment.Choice) error {
	table := a.table()
	header := []string{""}
	for _, d := range s.Space {
		header = append(header, d.Name)
	}
	table.Header(append(header, strings.Join(s.Metrics, " + "), "best so far", "", "seconds", "record")...)
	best := newTrace(c)
	for i, t := range c.Tried {
		mark := fmt.Sprint(i + 1)
		if i == c.Best {
			mark += " best"
		}
		score := "failed: " + printable.Line(firstLine(t.Error))
		if t.Score != nil {
			score = fmt.Sprintf("%.4f", *t.Score)
		}
		cells := []string{mark}
		for _, d := range s.Space {
			cells = append(cells, setting(t.Values[d.Name]))
		}
		so, bar := best.next(t)
		if err := table.Append(append(cells, score, so, bar, fmt.Sprintf("%.1f", t.Seconds), fmt.Sprintf("%.12s", t.Key))...); err != nil {
			return err
		}
	}
	return table.Render()
}

// trace follows the best score of a search.
type trace struct{ low, high, best float64 }

// newTrace knows the range of the scores; the best one is below it at first.
func newTrace(c experiment.Choice) *trace {
	t := &trace{low: math.Inf(1), high: math.Inf(-1), best: math.Inf(-1)}
	for _, tried := range c.Tried {
		if tried.Score != nil {
			t.low, t.high = min(t.low, *tried.Score), max(t.high, *tried.Score)
		}
	}
	return t
}

// barLength is how long the bar of the best score is.
const barLength = 20

// next takes one more configuration, and gives the best score so far and its bar, whose rows
// under each other are the curve of the search.
func (t *trace) next(tried experiment.Tried) (best, bar string) {
	if tried.Score != nil {
		t.best = max(t.best, *tried.Score)
	}
	if math.IsInf(t.best, -1) {
		return "-", ""
	}
	length := barLength
	if t.high > t.low {
		length = 1 + int((barLength-1)*(t.best-t.low)/(t.high-t.low))
	}
	return fmt.Sprintf("%.4f", t.best), strings.Repeat("#", length)
}

// setting is a value of a configuration; "-" where it does not exist.
func setting(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return printable.Line(fmt.Sprint(v))
}

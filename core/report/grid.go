package report

import (
	"fmt"
	"slices"
)

// grid is a table as text formats show it: of the methods, or of strata.
type grid struct {
	title  string
	header []string
	left   int // columns of names, to the left
	rows   [][]string
	notes  []string
	brief  []string // notes that say enough; nil: notes
	leave  []string // titles of columns that a narrow terminal does without, the first one first
}

// grids lists what text formats show.
func (r *Report) grids(s style) []grid {
	var out []grid
	for i := range r.Tables {
		t := &r.Tables[i]
		if !r.divided {
			out = append(out, t.grid(s))
			continue
		}
		for _, strata := range t.Strata {
			out = append(out, strata.grid(t.Dataset, s))
		}
	}
	return out
}

func (t *Table) grid(s style) grid {
	g := grid{title: t.Dataset, header: t.header(), left: 1, notes: t.Notes, brief: t.brief}
	styles := s.columns(t)
	for i := range t.Rows {
		g.rows = append(g.rows, t.cells(&t.Rows[i], s, styles))
	}
	for _, column := range []string{ColumnPeak, ColumnRank, ColumnTrain, ColumnTrials} {
		if slices.Contains(t.costs, column) && len(t.Metrics) > 0 {
			g.leave = append(g.leave, costHeaders[column])
		}
	}
	return g
}

// grid has a row for each bucket and method, and behind them the gaps.
func (d *Strata) grid(dataset string, s style) grid {
	g := grid{
		title: fmt.Sprintf("%s by %s", dataset, d.By), left: 2, notes: d.Notes,
		header: slices.Concat([]string{d.By, "method", "users", "held out"}, d.Metrics),
	}
	for _, b := range d.Buckets {
		for _, r := range b.Rows {
			row := []string{s.escape(b.Name), s.escape(r.Method), fmt.Sprint(b.Users), fmt.Sprint(b.HeldOut)}
			for _, c := range r.Cells {
				row = append(row, c.text(s, &Row{}))
			}
			g.rows = append(g.rows, row)
		}
	}
	for _, gaps := range d.Gaps {
		row := []string{"gap (worst group)", s.escape(gaps.Method), "", ""}
		for _, c := range gaps.Cells {
			row = append(row, c.text(s))
		}
		g.rows = append(g.rows, row)
	}
	for _, spread := range d.Spreads {
		row := []string{"sd over " + d.By + "s", s.escape(spread.Method), "", ""}
		for _, sd := range spread.Cells {
			row = append(row, number(sd, s))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// number has four decimals, as means have.
func number(v *float64, s style) string {
	if v == nil {
		return s.none
	}
	return fmt.Sprintf("%.4f", *v)
}

func (c Gap) text(s style) string {
	if !c.Known {
		return s.none
	}
	return fmt.Sprintf("%.4f (%s)", c.Gap, s.escape(c.Worst))
}

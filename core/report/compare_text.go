package report

import (
	"fmt"
	"io"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/core/stats"
)

// Write writes the comparison; CSV, which has no place for its parts, is an ErrInvalid.
func (c *Compared) Write(w io.Writer, f Format, screen Screen) error {
	switch f {
	case CSV:
		return contract.Errorf(contract.ErrInvalid, "a comparison is written as terminal, md, latex or json, not as csv; json has every number")
	case JSON:
		return writeJSON(w, c)
	}
	s := styleOf(f, screen.Color)
	var grids []grid
	for i := range c.Pairs {
		grids = append(grids, c.Pairs[i].grids(s)...)
	}
	for i := range c.Matrices {
		grids = append(grids, c.Matrices[i].grid(s))
	}
	return writeGrids(w, f, grids, screen)
}

// grids are the parts of a comparison.
func (c *Comparison) grids(s style) []grid {
	title := func(part string) string { return fmt.Sprintf("%s: %s", c.Dataset, part) }
	return []grid{
		c.summary(title(fmt.Sprintf("%s less %s, %s", c.A, c.B, c.Metric)), s),
		c.activityGrid(title("by activity of the users"), s),
		c.overlapGrid(title(fmt.Sprintf("held-out items among the first %d", c.Depth)), s),
		c.changeGrid(title(fmt.Sprintf("users who gain most with %s", c.A)), c.Gain, s),
		c.changeGrid(title(fmt.Sprintf("users who lose most with %s", c.A)), c.Lose, s),
	}
}

func (c *Comparison) summary(title string, s style) grid {
	g := grid{title: title, header: []string{"", "on which scale", "value", "p"}, left: 2, notes: c.Notes}
	add := func(name, value, p, more string) {
		g.rows = append(g.rows, []string{s.escape(name), s.escape(more), value, p})
	}
	level := decimals(100 * c.Level)
	add("mean of "+c.A, fmt.Sprintf("%.4f", c.MeanA), "", "")
	add("mean of "+c.B, fmt.Sprintf("%.4f", c.MeanB), "", "")
	add("difference", c.Difference.text(), "", level+"% interval over users")
	if c.OverSplits != nil {
		add("difference", c.OverSplits.text(), "", level+"% interval over splits")
	}
	for _, t := range c.Tests {
		add(t.Name, plain(t.Value), pText(t.P), t.Statistic)
	}
	for _, e := range c.Effects {
		add(e.Name, plain(e.Value), "", e.Scale)
	}
	add("users", counts(c.Counts), "", "win / tie / loss")
	return g
}

func (c *Comparison) activityGrid(title string, s style) grid {
	g := grid{title: title, header: []string{ByUserActivity, "users", c.A, c.B, "difference", "p (Holm)", "win / tie / loss"}, left: 1, notes: []string{c.activityNote}}
	for _, b := range c.Activity {
		if b.Users == 0 {
			g.rows = append(g.rows, []string{b.Name, "0", s.none, s.none, s.none, s.none, s.none})
			continue
		}
		g.rows = append(g.rows, []string{b.Name, fmt.Sprint(b.Users), fmt.Sprintf("%.4f", b.A), fmt.Sprintf("%.4f", b.B), b.Difference.text(), pText(b.P), counts(b.Counts)})
	}
	return g
}

func (c *Comparison) overlapGrid(title string, s style) grid {
	g := grid{title: title, header: []string{ByItemCount, "held out", "both", "only " + c.A, "only " + c.B, "neither"}, left: 1, notes: []string{c.popularityNote}}
	all := c.Overlap
	all.Name = "all"
	for _, o := range append(c.Popularity[:len(c.Popularity):len(c.Popularity)], all) {
		row := []string{o.Name, fmt.Sprint(o.HeldOut)}
		for _, n := range []int{o.Both, o.OnlyA, o.OnlyB, o.Neither} {
			row = append(row, s.escape(fmt.Sprintf("%d (%.1f%%)", n, 100*float64(n)/float64(max(1, o.HeldOut)))))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

func (c *Comparison) changeGrid(title string, changes []Change, s style) grid {
	g := grid{title: title, header: []string{"user", "training", c.A, c.B, "difference"}, left: 1}
	for _, u := range changes {
		g.rows = append(g.rows, []string{s.escape(u.User), fmt.Sprint(u.Training), fmt.Sprintf("%.4f", u.A), fmt.Sprintf("%.4f", u.B), fmt.Sprintf("%+.4f", u.Difference)})
	}
	if changes == nil {
		g.notes = []string{"None."}
	}
	return g
}

func (m *Matrix) grid(s style) grid {
	g := grid{title: fmt.Sprintf("%s: every pair, %s", m.Dataset, m.Metric), header: append([]string{"method", "mean"}, m.Methods...), left: 1, notes: m.Notes}
	for i, a := range m.Methods {
		row := []string{s.escape(a), fmt.Sprintf("%.4f", m.Means[i])}
		for _, b := range m.Methods {
			if a == b {
				row = append(row, s.none)
				continue
			}
			p := m.of(a, b)
			row = append(row, fmt.Sprintf("%+.4f; p %s; %s", p.Difference.Mean, pText(p.Holm), counts(p.Counts)))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

func (b Bounded) text() string {
	if math.IsNaN(float64(b.Low)) {
		return fmt.Sprintf("%+.4f", b.Mean)
	}
	return fmt.Sprintf("%+.4f [%+.4f, %+.4f]", b.Mean, b.Low, b.High)
}

func counts(c stats.Counts) string { return fmt.Sprintf("%d / %d / %d", c.Win, c.Tie, c.Loss) }

// plain has four decimals; a large statistic keeps three figures before the point.
func plain(n Number) string {
	if math.Abs(float64(n)) >= 1000 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.4f", n)
}

// pText is a p-value: four decimals, or one figure and the power of ten of a small one.
func pText(p Number) string {
	if p > 0 && p < 0.001 {
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.4f", p)
}

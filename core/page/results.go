package page

import (
	"fmt"
	"math"
	"strings"

	"cllm4rec/core/report"
)

// resultsView is the table of a data set.
type resultsView struct {
	Metrics []string
	Against string
	Rows    []rowView
	Sources []string // of published rows, in words
	Notes   []string
	Warned  []string // of the notes, those that warn
}

type rowView struct {
	Name      string
	Series    int
	Published bool
	Cells     []cellView
	Train     timeView
	Rank      timeView
	Memory    timeView
	Trials    string
	Failed    bool
}

// cellView is a number of the table; Sort is what rows are sorted by.
type cellView struct {
	Sort, Mean, Spread, Title string
	Best                      bool
	Against                   int
}

type timeView struct{ Sort, Text string }

func (s set) results() resultsView {
	v := resultsView{Metrics: s.table.Metrics, Against: s.table.Against}
	for _, r := range s.table.Rows {
		v.Rows = append(v.Rows, s.row(r))
		if r.Published {
			v.Sources = append(v.Sources, fmt.Sprintf("† %s: published by others, not measured here: %s.", r.Method, strings.TrimSuffix(r.Source, ".")))
		}
	}
	for _, n := range s.table.Notes {
		switch {
		case strings.HasPrefix(n, "†"):
		case strings.HasPrefix(n, "Warning"):
			v.Warned = append(v.Warned, n)
		default:
			v.Notes = append(v.Notes, n)
		}
	}
	return v
}

func (s set) row(r report.Row) rowView {
	v := rowView{Name: r.Method, Series: s.series(r.Method) % 10, Published: r.Published, Failed: r.Failed > 0}
	for _, c := range r.Cells {
		v.Cells = append(v.Cells, s.cell(c, r))
	}
	if r.Published {
		return v
	}
	all := r.Cost.Trials + r.Failed + r.Missing
	v.Trials = fmt.Sprint(all)
	if all != r.Cost.Trials {
		v.Trials = fmt.Sprintf("%d of %d", r.Cost.Trials, all)
	}
	if r.Cost.Trials > 0 {
		v.Train, v.Rank = timeOf(r.Cost.Train), timeOf(r.Cost.Rank)
		v.Memory = timeView{fmt.Sprint(r.Cost.PeakMiB), fmt.Sprintf("%.0f MiB", r.Cost.PeakMiB)}
		if r.Cost.DeviceMiB > 0 {
			v.Memory.Text += fmt.Sprintf(" + %.0f MiB", r.Cost.DeviceMiB)
		}
	}
	return v
}

func timeOf(s float64) timeView { return timeView{fmt.Sprint(s), seconds(s)} }

func (s set) cell(c report.Cell, r report.Row) cellView {
	if !c.Known {
		text := "–"
		if r.Failed > 0 {
			text = "failed"
		}
		return cellView{Mean: text}
	}
	v := cellView{Sort: fmt.Sprint(c.Mean), Mean: fixed(c.Mean), Best: c.Best, Against: c.Against}
	if c.High == nil {
		return v
	}
	low, high := *c.Low, *c.High
	v.Title = fmt.Sprintf("%g%% interval %s to %s", math.Round(1e4*s.d.Level)/100, fixed(low), fixed(high))
	if math.Abs((high-c.Mean)-(c.Mean-low)) <= 1e-9 {
		v.Spread = "±\u202f" + fixed(high-c.Mean)
	} else {
		v.Spread = interval(low, high)
	}
	return v
}

// leaderView says in words which row leads in a metric.
type leaderView struct{ Metric, Row, Value, Says string }

// mostNamed is how many rows a sentence names.
const mostNamed = 4

func (s set) leaders() []leaderView {
	var all []leaderView
	for _, l := range s.behind.Leaders {
		v := leaderView{Metric: l.Metric, Row: l.Method, Value: fixed(l.Cell.Mean)}
		switch equals := l.Equals; {
		case l.Others == 0:
			v.Says = "no other row has values to test against"
		case len(equals) == 0:
			v.Says = fmt.Sprintf("significantly better than each of the %s", counted(l.Others, "other row"))
			if l.Others == 1 {
				v.Says = "significantly better than the other row"
			}
		case len(equals) == l.Others:
			v.Says = "not significantly better than any other row"
		case len(equals) > mostNamed:
			v.Says = fmt.Sprintf("not significantly better than %s and %d more", strings.Join(equals[:mostNamed], ", "), len(equals)-mostNamed)
		default:
			v.Says = "not significantly better than " + joined(equals)
		}
		all = append(all, v)
	}
	return all
}

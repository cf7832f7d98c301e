package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"cllm4rec/core/figure"
	"cllm4rec/core/report"
)

// strataView is the results of a data set, divided.
type strataView struct {
	Heading string
	Figures []switched
	Table   strataTable
	Note    string
}

type strataTable struct {
	By      string
	Metrics []string
	Rows    []strataRow
}

type strataRow struct {
	Bucket, Method string
	Users, HeldOut string
	Cells          []cellView
}

// strataNames are divisions in words: what their heading and their axis say.
var strataNames = map[string][2]string{
	report.ByItemCount:    {"By popularity of the items", "training interactions of the held-out item"},
	report.ByUserActivity: {"By activity of the users", "training interactions of the user"},
}

func (s set) strata(at int) strataView {
	d := s.table.Strata[at]
	names, known := strataNames[d.By]
	if !known {
		names = [2]string{"By " + d.By, d.By}
	}
	v := strataView{Heading: names[0], Table: strataTable{By: d.By, Metrics: d.Metrics}}
	if len(d.Notes) > 0 {
		v.Note = d.Notes[0]
	}
	for i, metric := range d.Metrics {
		if f := s.strataFigure(at, i, names); f != "" {
			v.Figures = append(v.Figures, switched{Metric: metric, Figure: f, Caption: fmt.Sprintf("%s in each group, with the interval over its users. %s", metric, v.Note)})
		}
	}
	for _, b := range d.Buckets {
		for _, r := range b.Rows {
			row := strataRow{Bucket: b.Name, Method: r.Method, Users: thousands(b.Users), HeldOut: thousands(b.HeldOut)}
			for _, c := range r.Cells {
				row.Cells = append(row.Cells, s.cell(c, report.Row{}))
			}
			v.Table.Rows = append(v.Table.Rows, row)
		}
	}
	return v
}

func (s set) strataFigure(at, metric int, names [2]string) template.HTML {
	d := s.table.Strata[at]
	f := figure.XY{
		ID: fmt.Sprintf("%s-strata-%d-%d", s.id, at, metric), Title: fmt.Sprintf("%s: %s %s", s.table.Dataset, d.Metrics[metric], strings.ToLower(names[0][:1])+names[0][1:]),
		X: figure.Axis{Label: names[1] + " (users in the group)"}, Y: figure.Axis{Label: d.Metrics[metric]}, Names: true, Width: 460,
	}
	for _, b := range d.Buckets {
		f.X.Categories = append(f.X.Categories, fmt.Sprintf("%s (%s)", b.Name, thousands(b.Users)))
	}
	if len(d.Buckets) == 0 {
		return ""
	}
	rows := d.Buckets[0].Rows
	for r, row := range rows {
		series := figure.Series{Name: row.Method, Number: s.series(row.Method), Line: true}
		for i, b := range d.Buckets {
			c := b.Rows[r].Cells[metric]
			if !c.Known {
				continue
			}
			p := figure.Point{X: float64(i) + aside(r, len(rows)), Y: c.Mean, Low: math.NaN(), High: math.NaN(), Title: fmt.Sprintf("%s, %s: %s", row.Method, b.Name, fixed(c.Mean))}
			if c.Low != nil {
				p.Low, p.High = *c.Low, *c.High
				p.Title += " " + interval(*c.Low, *c.High)
			}
			series.Points = append(series.Points, p)
		}
		if series.Points != nil {
			f.Series = append(f.Series, series)
		}
	}
	if f.Series == nil {
		return ""
	}
	f.Height = max(300, 17*float64(len(f.Series)))
	f.Description = fmt.Sprintf("%s over %s; the numbers stand in the table behind the figure.", counted(len(f.Series), "row"), counted(len(d.Buckets), "group"))
	return template.HTML(f.SVG()) // core/figure escapes
}

// aside moves a row a little beside its group, so that intervals do not cover each other.
func aside(row, rows int) float64 {
	if rows < 2 {
		return 0
	}
	return 0.36 * (float64(row)/float64(rows-1) - 0.5)
}

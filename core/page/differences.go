package page

import (
	"fmt"
	"html/template"

	"cllm4rec/core/figure"
	"cllm4rec/core/report"
)

// differences draws a forest plot for each metric.
func (s set) differences() []switched {
	var all []switched
	for i, d := range s.behind.Differences {
		if len(d.Rows) > 0 {
			all = append(all, switched{Metric: d.Metric, Figure: s.forest(i, d), Caption: s.forestCaption(d)})
		}
	}
	return all
}

func (s set) significance() float64 { return 1 - s.d.Level }

func (s set) forest(at int, d report.Differences) template.HTML {
	f := figure.Intervals{
		ID: fmt.Sprintf("%s-forest-%d", s.id, at), Title: fmt.Sprintf("%s: differences to %s in %s", s.table.Dataset, s.behind.Reference, d.Metric),
		X: figure.Axis{Label: fmt.Sprintf("difference to %s in %s, with %g%% interval", s.behind.Reference, d.Metric, 100*s.d.Level)}, Zero: true, Head: "difference, p (Holm)",
	}
	f.Left, f.Right = better(d.Judges)
	up, down := 0, 0
	for _, r := range d.Rows {
		strong := float64(r.Holm) < s.significance()
		switch {
		case strong && r.Mean > 0:
			up++
		case strong:
			down++
		}
		f.Rows = append(f.Rows, figure.Interval{
			Name: r.Method, Series: s.series(r.Method), Mean: float64(r.Mean), Low: float64(r.Low), Top: float64(r.High), Strong: strong,
			Text: fmt.Sprintf("%s   p %s", signed(r.Mean), pText(r.Holm)),
			Title: fmt.Sprintf("%s less %s: %s [%s, %s]; p %s after Holm's correction (%s before); Cohen's d_z %.3f; of %d users it is higher for %d, equal for %d, lower for %d",
				r.Method, s.behind.Reference, signed(r.Mean), signed(r.Low), signed(r.High), pText(r.Holm), pText(r.P), float64(r.Dz), r.Users, r.Win, r.Tie, r.Loss),
		})
	}
	f.Description = fmt.Sprintf("Of %s, %d lie significantly above %s, %d below. The numbers stand beside each row.", counted(len(d.Rows), "row"), up, s.behind.Reference, down)
	return template.HTML(f.SVG()) // core/figure escapes
}

func (s set) forestCaption(d report.Differences) string {
	users := 0
	for _, r := range d.Rows {
		users = max(users, r.Users)
	}
	return fmt.Sprintf("Each row less %s in %s, over %s: mean and %g%% interval. Full marks: significant (%s, Holm-corrected over the rows, p < %g); hollow ones are not.",
		s.behind.Reference, d.Metric, counted(users, "user"), 100*s.d.Level, s.behind.Tests, roundedTo(s.significance(), 9))
}

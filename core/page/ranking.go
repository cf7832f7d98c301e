package page

import (
	"fmt"
	"html/template"

	"cllm4rec/core/figure"
	"cllm4rec/core/report"
)

// rankings draws a critical-difference diagram for each metric.
func rankings(d *report.Details) []switched {
	var all []switched
	for i, r := range d.Rankings {
		f := figure.Ranks{
			ID: fmt.Sprintf("ranks-%d", i), Title: fmt.Sprintf("Average ranks over %d data sets in %s", r.Datasets, r.Metric), Names: r.Methods, Ranks: r.Ranks, Critical: r.Critical,
			Description: "The average rank of each row stands beside its name. " + friedman(r),
		}
		for _, name := range r.Methods {
			f.Series = append(f.Series, set{d: d}.series(name))
		}
		all = append(all, switched{Metric: r.Metric, Figure: template.HTML(f.SVG()), // core/figure escapes
			Caption: fmt.Sprintf("Ranks in %s, averaged over %d data sets; rows that were measured on all of them. %s A bar joins rows whose ranks do not differ by Nemenyi's critical difference at %g (Demsar 2006). With few data sets the test finds little.",
				r.Metric, r.Datasets, friedman(r), roundedTo(1-d.Level, 9))})
	}
	return all
}

func friedman(r report.Ranking) string {
	return fmt.Sprintf("Friedman's test: chi squared %.2f, p %s; Iman and Davenport's: F %.2f, p %s.", r.ChiSquared, pText(report.Number(r.P)), r.F, pText(report.Number(r.PF)))
}

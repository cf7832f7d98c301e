package page

import (
	"fmt"
	"html/template"
	"math"

	"cllm4rec/core/figure"
	"cllm4rec/core/report"
)

// costs are what accuracy is drawn against.
var costs = []struct {
	kind, label, words string
	of                 func(report.Cost) float64
}{
	{"training time", "training time of a trial (seconds, logarithmic)", "mean wall-clock time of training", func(c report.Cost) float64 { return c.Train }},
	{"peak memory", "peak memory (MiB, logarithmic)", "highest resident memory of the method's own process", func(c report.Cost) float64 { return c.PeakMiB + c.DeviceMiB }},
}

// cost draws accuracy against cost, for each metric and each cost.
func (s set) cost() []switched {
	var all []switched
	for k, cost := range costs {
		for i, metric := range s.table.Metrics {
			f := figure.XY{
				ID: fmt.Sprintf("%s-cost-%d-%d", s.id, k, i), Title: fmt.Sprintf("%s: %s against %s", s.table.Dataset, metric, cost.kind),
				X: figure.Axis{Label: cost.label, Log: true}, Y: figure.Axis{Label: metric}, Labels: true, Width: 640, Height: 340,
			}
			for _, r := range s.table.Rows {
				value := cost.of(r.Cost)
				if r.Published || !r.Cells[i].Known || value <= 0 {
					continue
				}
				f.Series = append(f.Series, figure.Series{Name: r.Method, Number: s.series(r.Method), Points: []figure.Point{costPoint(r, r.Cells[i], value, cost.kind, metric)}})
			}
			if len(f.Series) < 2 {
				continue
			}
			f.Description = fmt.Sprintf("%s by %s and %s; the table of results has the numbers.", counted(len(f.Series), "row"), metric, cost.kind)
			all = append(all, switched{Metric: metric, Kind: cost.kind, Figure: template.HTML(f.SVG()), // core/figure escapes
				Caption: fmt.Sprintf("%s against %s; bars are the intervals of the table. Up and to the left is better. Names that have no room stand in the marks' titles.", metric, cost.words)})
		}
	}
	return all
}

func costPoint(r report.Row, c report.Cell, value float64, kind, metric string) figure.Point {
	p := figure.Point{X: value, Y: c.Mean, Low: math.NaN(), High: math.NaN(), Label: r.Method, Title: fmt.Sprintf("%s: %s %s, %s %.4g", r.Method, metric, fixed(c.Mean), kind, value)}
	if c.Low != nil {
		p.Low, p.High = *c.Low, *c.High
	}
	return p
}

// roundedTo is a number without what rounding left behind it.
func roundedTo(v float64, decimals int) float64 {
	f := math.Pow(10, float64(decimals))
	return math.Round(v*f) / f
}

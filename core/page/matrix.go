package page

import (
	"fmt"

	"cllm4rec/core/report"
)

// matrixView is every row against every other one in a metric.
type matrixView struct {
	Metric string
	Names  []string
	Rows   []matrixRow
	Notes  []string
}

type matrixRow struct {
	Name  string
	Mean  string
	Cells []pairView
}

// pairView is a row less a column; Tone is up or down where the difference is significant.
type pairView struct {
	Self                  bool
	Difference, P, Counts string
	Tone                  string
}

func (s set) matrices() []matrixView {
	var all []matrixView
	for _, m := range s.behind.Matrices {
		v := matrixView{Metric: m.Metric, Names: m.Methods, Notes: m.Notes}
		for i, name := range m.Methods {
			row := matrixRow{Name: name, Mean: fixed(float64(m.Means[i]))}
			for _, other := range m.Methods {
				row.Cells = append(row.Cells, s.pair(&m, name, other))
			}
			v.Rows = append(v.Rows, row)
		}
		all = append(all, v)
	}
	return all
}

func (s set) pair(m *report.Matrix, a, b string) pairView {
	p, compared := m.Of(a, b)
	if !compared {
		return pairView{Self: true}
	}
	v := pairView{Difference: signed(p.Difference.Mean), P: pText(p.Holm), Counts: fmt.Sprintf("%d / %d / %d", p.Win, p.Tie, p.Loss)}
	switch significant := float64(p.Holm) < s.significance(); {
	case significant && p.Difference.Mean > 0:
		v.Tone = "up"
	case significant:
		v.Tone = "down"
	}
	return v
}

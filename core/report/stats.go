package report

import (
	"fmt"

	"cllm4rec/core/eval"
	"cllm4rec/core/stats"
)

// apply fills the cells of rows. It marks, metric by metric, the one method that is
// significantly better than each other one, and those that differ from the
// reference; p-values have Holm's correction over the metric's rows. Of a metric
// that only describes none is the best; one that has no values of single users has
// no test.
func (r rules) apply(rows []measured, metrics []eval.Metric, against string) error {
	for i := range rows {
		if err := rows[i].finish(metrics, r); err != nil {
			return err
		}
	}
	for i, metric := range metrics {
		if !metric.PerUser() || r.meansOnly {
			continue
		}
		if metric.Judges() {
			if err := r.markBest(rows, i); err != nil {
				return err
			}
		}
		if err := r.markAgainst(rows, i, against); err != nil {
			return err
		}
	}
	return nil
}

func (r rules) markBest(rows []measured, cell int) error {
	best := bestOf(rows, cell)
	if best < 0 {
		return nil
	}
	others, err := r.tested(rows, cell, best)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.p >= r.significance() {
			return nil
		}
	}
	rows[best].row.Cells[cell].Best = len(others) > 0
	return nil
}

// bestOf is the row with the highest mean; -1 when none has one.
func bestOf(rows []measured, cell int) int {
	best := -1
	for i, row := range rows {
		if row.row.Cells[cell].Known && (best < 0 || row.row.Cells[cell].Mean > rows[best].row.Cells[cell].Mean) {
			best = i
		}
	}
	return best
}

func (r rules) markAgainst(rows []measured, cell int, against string) error {
	reference := -1
	for i, row := range rows {
		if row.row.Method == against && row.row.Cells[cell].Known {
			reference = i
		}
	}
	if reference < 0 {
		return nil
	}
	others, err := r.tested(rows, cell, reference)
	if err != nil {
		return err
	}
	for _, o := range others {
		switch {
		case o.p >= r.significance():
		case o.difference > 0:
			rows[o.row].row.Cells[cell].Against = 1
		default:
			rows[o.row].row.Cells[cell].Against = -1
		}
	}
	return nil
}

// other is a row against a reference.
type other struct {
	row        int
	difference float64 // mean of the row less that of the reference
	p          float64 // corrected for the family
}

// tested tests every measured row against one of them.
func (r rules) tested(rows []measured, cell, reference int) ([]other, error) {
	var others []other
	var family []float64
	for i, row := range rows {
		if i == reference || !row.row.Cells[cell].Known {
			continue
		}
		pairs, err := stats.Pair(row.merged[cell], rows[reference].merged[cell])
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", row.row.Method, rows[reference].row.Method, err)
		}
		others = append(others, other{row: i, difference: stats.Mean(pairs.SplitDifferences)})
		family = append(family, r.p(pairs))
	}
	for i, p := range stats.Holm(family) {
		others[i].p = p
	}
	return others, nil
}

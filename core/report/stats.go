package report

import (
	"cllm4rec/core/eval"
	"cllm4rec/core/stats"
)

// significance is the level of every test in a table.
const significance = 0.05

// test marks, metric by metric, the one method that is significantly better
// than each other one, and those that differ from the table's reference. Both
// are paired t-tests over users with Holm's correction over the metric's rows.
// Of a metric that only describes none is the best; one that has no values of
// single users has no test.
func test(rows []measured, metrics []eval.Metric, t *Table) error {
	for i, metric := range metrics {
		if !metric.PerUser() {
			continue
		}
		if metric.Judges() {
			if err := markBest(rows, i); err != nil {
				return err
			}
		}
		if err := markAgainst(rows, i, t.Against); err != nil {
			return err
		}
	}
	return nil
}

func markBest(rows []measured, cell int) error {
	best := -1
	for i, r := range rows {
		if r.row.Cells[cell].Known && (best < 0 || r.row.Cells[cell].Mean > rows[best].row.Cells[cell].Mean) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	var family []stats.Comparison
	for i, r := range rows {
		if i == best || !r.row.Cells[cell].Known {
			continue
		}
		c, err := compare(rows[best], r, cell)
		if err != nil {
			return err
		}
		family = append(family, c)
	}
	stats.Adjust(family)
	for _, c := range family {
		if c.HolmT >= significance {
			return nil
		}
	}
	rows[best].row.Cells[cell].Best = len(family) > 0
	return nil
}

func markAgainst(rows []measured, cell int, against string) error {
	reference := -1
	for i, r := range rows {
		if r.row.Method == against && r.row.Cells[cell].Known {
			reference = i
		}
	}
	if reference < 0 {
		return nil
	}
	var family []stats.Comparison
	var of []int
	for i, r := range rows {
		if i == reference || !r.row.Cells[cell].Known {
			continue
		}
		c, err := compare(r, rows[reference], cell)
		if err != nil {
			return err
		}
		family, of = append(family, c), append(of, i)
	}
	stats.Adjust(family)
	for i, c := range family {
		rows[of[i]].row.Cells[cell].Against = mark(c)
	}
	return nil
}

func mark(c stats.Comparison) int {
	switch {
	case c.HolmT >= significance:
		return 0
	case c.Difference.Mean > 0:
		return 1
	default:
		return -1
	}
}

// compare skips the randomisation test, which tables do not show.
func compare(a, b measured, cell int) (stats.Comparison, error) {
	return stats.Compare(a.samples[cell], b.samples[cell], stats.CompareOptions{Resamples: 1})
}

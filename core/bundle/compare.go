package bundle

import (
	"fmt"

	"cllm4rec/core/report"
)

// tableComparer compares two tables of the same plan.
type tableComparer struct {
	v        *verifier
	compared int
}

func (c *tableComparer) reports(packed, again *report.Report) {
	if len(packed.Tables) != len(again.Tables) {
		c.v.fault("the table: %d data sets in the bundle, %d from the records", len(packed.Tables), len(again.Tables))
		return
	}
	for i := range packed.Tables {
		c.tables(&packed.Tables[i], &again.Tables[i])
	}
}

func (c *tableComparer) tables(packed, again *report.Table) {
	of := "the table of " + packed.Dataset
	if len(packed.Rows) != len(again.Rows) || packed.Dataset != again.Dataset || fmt.Sprint(packed.Metrics) != fmt.Sprint(again.Metrics) {
		c.v.fault("%s: it has %d rows in %v, from the records %d rows of %s in %v", of, len(packed.Rows), packed.Metrics, len(again.Rows), again.Dataset, again.Metrics)
		return
	}
	for i := range packed.Rows {
		a, b := packed.Rows[i], again.Rows[i]
		at := of + ", " + a.Method
		if a.Method != b.Method || a.Published != b.Published || a.Source != b.Source {
			c.v.fault("%s: it is %s from the records", at, b.Method)
			continue
		}
		if a.Failed != b.Failed || a.Missing != b.Missing || a.Cost.Trials != b.Cost.Trials {
			c.v.fault("%s: %d finished, %d failed and %d missing trials, %d, %d and %d from the records", at, a.Cost.Trials, a.Failed, a.Missing, b.Cost.Trials, b.Failed, b.Missing)
		}
		if b.Cost.Trials > 0 {
			c.number(at+", train s", &a.Cost.Train, &b.Cost.Train)
			c.number(at+", rank s", &a.Cost.Rank, &b.Cost.Rank)
			c.number(at+", peak MiB", &a.Cost.PeakMiB, &b.Cost.PeakMiB)
		}
		c.cells(at, packed.Metrics, a.Cells, b.Cells)
	}
	if len(packed.Strata) != len(again.Strata) {
		c.v.fault("%s: %d divisions, %d from the rankings", of, len(packed.Strata), len(again.Strata))
		return
	}
	for i := range packed.Strata {
		c.strata(of, &packed.Strata[i], &again.Strata[i])
	}
}

func (c *tableComparer) strata(of string, packed, again *report.Strata) {
	of += " by " + packed.By
	if packed.By != again.By || len(packed.Buckets) != len(again.Buckets) {
		c.v.fault("%s: %d groups, by %s %d from the rankings", of, len(packed.Buckets), again.By, len(again.Buckets))
		return
	}
	for i, a := range packed.Buckets {
		b := again.Buckets[i]
		at := of + ", " + a.Name
		if a.Name != b.Name || a.Users != b.Users || a.HeldOut != b.HeldOut || len(a.Rows) != len(b.Rows) {
			c.v.fault("%s: %d users with %d items, %s with %d and %d from the rankings", at, a.Users, a.HeldOut, b.Name, b.Users, b.HeldOut)
			continue
		}
		for r := range a.Rows {
			c.cells(at+", "+a.Rows[r].Method, packed.Metrics, a.Rows[r].Cells, b.Rows[r].Cells)
		}
	}
}

func (c *tableComparer) cells(of string, metrics []string, packed, again []report.Cell) {
	if len(packed) != len(metrics) || len(again) != len(metrics) {
		c.v.fault("%s: %d numbers, %d from the rankings", of, len(packed), len(again))
		return
	}
	for i, a := range packed {
		b, at := again[i], of+", "+metrics[i]
		if a.Known != b.Known {
			c.v.fault("%s: %s in the bundle, %s from the rankings", at, known(a), known(b))
			continue
		}
		if !a.Known {
			continue
		}
		c.number(at, &a.Mean, &b.Mean)
		c.number(at+", low end of the interval", a.Low, b.Low)
		c.number(at+", high end of the interval", a.High, b.High)
		if a.Best != b.Best || a.Against != b.Against {
			c.v.fault("%s: its marks are others: best %v and %v, against the reference %d and %d from the rankings", at, a.Best, b.Best, a.Against, b.Against)
		}
		if a.Seeds != b.Seeds || a.Splits != b.Splits {
			c.v.fault("%s: over %d seeds and %d splits, %d and %d from the rankings", at, a.Seeds, a.Splits, b.Seeds, b.Splits)
		}
	}
}

func known(c report.Cell) string {
	if !c.Known {
		return "nothing"
	}
	return fmt.Sprintf("%.6g", c.Mean)
}

// number compares two numbers, either of which may not be there.
func (c *tableComparer) number(of string, packed, again *float64) {
	switch {
	case packed == nil && again == nil:
	case packed == nil || again == nil:
		c.v.fault("%s: it is in one of bundle and rankings alone", of)
	default:
		c.compared++
		if !same(*packed, *again) {
			c.v.fault("%s: %.6g in the bundle, %.6g from the rankings", of, *packed, *again)
		}
	}
}

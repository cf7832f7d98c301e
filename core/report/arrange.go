package report

import (
	"cmp"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// The columns of a table behind the metrics: what the trials of a row took.
const (
	ColumnTrain  = "train"  // seconds
	ColumnRank   = "rank"   // seconds
	ColumnPeak   = "peak"   // MiB
	ColumnTrials = "trials" // how many
)

// Costs are the columns behind the metrics, in their order.
func Costs() []string { return []string{ColumnTrain, ColumnRank, ColumnPeak, ColumnTrials} }

// costHeaders are their titles.
var costHeaders = map[string]string{ColumnTrain: "train s", ColumnRank: "rank s", ColumnPeak: "peak MiB", ColumnTrials: "trials"}

// Arrangement says which columns text formats show, and in which order rows stand.
type Arrangement struct {
	// Costs are the columns behind the metrics; nil: all of them.
	Costs []string
	// Sort is a metric of the table (the highest first), a cost (the lowest first) or "method";
	// behind it may stand :asc or :desc. "": the order of the experiment.
	Sort string
}

// Arrange chooses columns and sorts rows. ErrInvalid for a name that no table has.
func (r *Report) Arrange(a Arrangement) error {
	for i := range r.Tables {
		t := &r.Tables[i]
		if t.costs = a.Costs; a.Costs == nil {
			t.costs = Costs()
		}
		if a.Sort == "" {
			continue
		}
		if err := t.sort(a.Sort); err != nil {
			return err
		}
	}
	return nil
}

// sort orders the rows; those without a number come last.
func (t *Table) sort(by string) error {
	name, direction, _ := strings.Cut(by, ":")
	if !slices.Contains([]string{"", "asc", "desc"}, direction) {
		return contract.Errorf(contract.ErrInvalid, "--sort %q: expected asc or desc behind the colon%s", by, schema.Hint(direction, []string{"asc", "desc"}))
	}
	sign := 1
	cell := slices.Index(t.Metrics, name)
	if direction == "desc" || direction == "" && cell >= 0 {
		sign = -1
	}
	if name == "method" {
		slices.SortStableFunc(t.Rows, func(a, b Row) int { return sign * cmp.Compare(a.Method, b.Method) })
		return nil
	}
	if cell < 0 && !slices.Contains(Costs(), name) {
		known := slices.Concat(t.Metrics, Costs(), []string{"method"})
		return contract.Errorf(contract.ErrInvalid, "--sort %q: there is no such column%s", name, schema.Hint(name, known))
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		x, known := a.number(cell, name)
		y, also := b.number(cell, name)
		if known != also {
			return cmp.Compare(btoi(also), btoi(known))
		}
		return sign * cmp.Compare(x, y)
	})
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// number is what a row is sorted by: a cell, or from place -1 on a cost.
func (r Row) number(cell int, cost string) (float64, bool) {
	if cell >= 0 {
		return r.Cells[cell].Mean, r.Cells[cell].Known
	}
	v := map[string]float64{ColumnTrain: r.Cost.Train, ColumnRank: r.Cost.Rank, ColumnPeak: r.Cost.PeakMiB, ColumnTrials: float64(r.Cost.Trials)}[cost]
	return v, r.Cost.Trials > 0
}

// cost is a cell of a column behind the metrics.
func (r *Row) cost(column string, s style) string {
	switch {
	case column == ColumnTrials:
		return r.trials()
	case r.Cost.Trials == 0:
		return s.none
	case column == ColumnTrain:
		return seconds(r.Cost.Train)
	case column == ColumnRank:
		return seconds(r.Cost.Rank)
	}
	return r.Cost.memory()
}

package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"

	"golang.org/x/sync/errgroup"
)

// Details are the tables of an experiment with what stands behind their numbers.
type Details struct {
	*Report
	Plan *experiment.Plan
	Part contract.Part
	// Level is that of all intervals; a corrected p below 1 - Level is significant.
	Level  float64
	Behind []Behind // as Report.Tables
	// Rankings compare the methods over all data sets, of which there are five or more.
	Rankings []Ranking
}

// Behind is what stands behind one table.
type Behind struct {
	Trials []Ran // of the data set, in the order of the plan
	// Audit is that of the first split that was measured; nil when nothing was. AuditNotes
	// say it in words.
	Audit      *data.Audit
	AuditNotes []string
	// Tests names the test behind p-values, Holm-corrected as each says.
	Tests string
	// Reference is the row that Differences are to: the table's own (table.against), else
	// the best one in the first metric. "" when nothing was measured.
	Reference   string
	Leaders     []Leader      // of the metrics that judge, in their order
	Differences []Differences // of the metrics that single users have, in their order
	Matrices    []Matrix      // of the same metrics
	Sample      *UserSample   // nil where fewer than two rows were measured
	Examples    []Example     // none where items have no titles
	// LeftOut says which divisions were not made, and how to have them.
	LeftOut []string
}

// Ran is a trial of the plan and what came of it.
type Ran struct {
	experiment.Trial
	Method string
	Split  int            // DatasetPlan.Repetition
	Record *record.Record // nil when it has not run
}

// Leader is the row with the highest mean in a metric.
type Leader struct {
	Metric string
	Method string
	Cell   Cell
	// Equals are the measured rows that it is not significantly better than.
	Equals []string
	Others int // rows it was tested against
}

// Differences are every measured row less a reference, in one metric.
type Differences struct {
	Metric string       `json:"metric"`
	Judges bool         `json:"judges"` // a higher value is a better one
	Rows   []Difference `json:"rows"`
}

// Difference is a row less the reference over users, or over users and splits.
type Difference struct {
	Method string `json:"method"`
	Bounded
	P    Number `json:"p"` // before and after Holm's correction over Differences.Rows
	Holm Number `json:"p_holm"`
	Dz   Number `json:"d_z"` // Cohen's d_z
	stats.Counts
	Users int `json:"users"`
	// Effects are nil unless DetailOptions.Effects asks for them.
	Effects []Effect `json:"effects,omitempty"`
}

// mostLists is how many stored lists are read for results by groups unless all are asked for:
// those of 45 trials of 22,000 users.
const mostLists = 1_000_000

// sideBySide is how many data sets are read at a time.
const sideBySide = 2

// DetailOptions say what details to gather. Zero values are the defaults.
type DetailOptions struct {
	Part contract.Part // test
	// AllStrata divides by the popularity of items, and metrics of whole lists by groups of
	// users, however many lists are to be read.
	AllStrata bool
	// Effects measures every difference to the reference by all effect sizes.
	Effects bool
}

// Detail gathers what stands behind the tables of a plan. Errors are those of Build.
func Detail(plan *experiment.Plan, from Source, o DetailOptions) (*Details, error) {
	metrics, err := eval.ParseMetrics(plan.Evaluate.Metrics)
	if err != nil {
		return nil, err
	}
	part := cmp.Or(o.Part, contract.PartTest)
	d := &Details{Report: &Report{Experiment: plan.Name}, Plan: plan, Part: part, Level: methodOf(plan.Table.Statistics).Level}
	tables := plan.Tables()
	d.Tables, d.Behind = make([]Table, len(tables)), make([]Behind, len(tables))
	var group errgroup.Group
	group.SetLimit(sideBySide) // what is read of a data set lies in memory until its table is made
	for at, splits := range tables {
		group.Go(func() error {
			ahead, err := readAhead(from, plan, splits, part)
			if err != nil {
				return err
			}
			b := newBuilder(plan, ahead, part, splits)
			b.names, b.metrics, b.effects = plan.Evaluate.Metrics, metrics, o.Effects
			table, behind, err := b.details(ahead.records, o)
			if err != nil {
				return fmt.Errorf("%s: %w", b.dataset(), err)
			}
			d.Tables[at], d.Behind[at] = *table, *behind
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	d.Rankings = d.rankings(metrics)
	return d, nil
}

func (b *builder) details(records map[string]*record.Record, o DetailOptions) (*Table, *Behind, error) {
	rows, err := b.measure()
	if err != nil {
		return nil, nil, err
	}
	out := &Behind{Tests: b.rules.test()}
	for _, t := range b.plan.Trials {
		if slices.Contains(b.splits, t.Dataset) {
			out.Trials = append(out.Trials, Ran{t, b.plan.Methods[t.Method].Name, b.plan.Datasets[t.Dataset].Repetition, records[t.Key]})
		}
	}
	table, err := b.tableOf(rows)
	if err != nil {
		return nil, nil, err
	}
	if err := b.divideDetails(table, rows, out, o); err != nil {
		return nil, nil, err
	}
	if b.first != nil {
		var a data.Audit
		if json.Unmarshal(b.first.Data.Audit, &a) == nil {
			out.Audit, out.AuditNotes = &a, auditNotes(b.first.Data.Audit)
		}
	}
	if err := b.rank(table, rows, out); err != nil {
		return nil, nil, err
	}
	if out.Sample, err = b.sampleUsers(rows); err != nil {
		return nil, nil, err
	}
	out.Examples, err = b.examples(rows)
	if errors.Is(err, contract.ErrNotFound) {
		err = nil // a record of the first schema has no lists
	}
	return table, out, err
}

// divideDetails adds the divisions to the table. Records of the first schema have neither the
// data nor the lists that it needs.
func (b *builder) divideDetails(t *Table, rows []measured, out *Behind, o DetailOptions) error {
	for _, d := range b.divisionsOfDetails(rows, out, o) {
		s, err := b.strata(d, rows)
		if errors.Is(err, contract.ErrNotFound) {
			out.LeftOut = append(out.LeftOut, fmt.Sprintf("Results by %s are left out: %v.", d.name, err))
			continue
		}
		if err != nil {
			return err
		}
		t.Strata = append(t.Strata, *s)
	}
	return nil
}

// divisionsOfDetails are those of the plan, else by counts. Where this would read too many
// lists, users are divided alone, by the values that each of them has.
func (b *builder) divisionsOfDetails(rows []measured, out *Behind, o DetailOptions) []by {
	all := Options{Strata: true}.divisions(b.plan)
	if all == nil {
		all = []by{{name: ByItemCount}, {name: ByUserActivity}}
	}
	lists := 0
	for _, row := range rows {
		for _, done := range row.done {
			if r := done.Result(string(b.part)); r != nil {
				lists += r.Users
			}
		}
	}
	if lists <= mostLists || o.AllStrata {
		return all
	}
	what := "Results by the popularity of items"
	var whole []string // metrics of whole lists
	for i, m := range b.metrics {
		if !m.PerUser() {
			whole = append(whole, b.names[i])
		}
	}
	if whole != nil {
		what += ", and " + strings.Join(whole, ", ") + " in groups of users,"
	}
	out.LeftOut = append(out.LeftOut, fmt.Sprintf("%s would read %d stored lists, more than %d, and are left out; `cllm4rec report DIR --strata all` has them.", what, lists, mostLists))
	all = slices.DeleteFunc(all, func(d by) bool { return d.name == ByItemCount || len(whole) == len(b.metrics) })
	for i := range all {
		all[i].fromValues = true
	}
	return all
}

// rank says which row leads in each metric, and how far each lies from the reference.
func (b *builder) rank(t *Table, rows []measured, out *Behind) error {
	reference := slices.IndexFunc(rows, func(r measured) bool { return r.row.Method == t.Against && len(r.done) > 0 })
	for i, metric := range b.metrics {
		best := bestOf(rows, i)
		if best < 0 {
			continue
		}
		if reference < 0 {
			reference = best
		}
		if metric.Judges() {
			leader, err := b.leader(rows, i, best)
			if err != nil {
				return err
			}
			out.Leaders = append(out.Leaders, *leader)
		}
	}
	if reference < 0 {
		return nil
	}
	out.Reference = rows[reference].row.Method
	for i, metric := range b.metrics {
		if !metric.PerUser() {
			continue
		}
		d, err := b.differences(rows, i, reference)
		if err != nil {
			return err
		}
		out.Differences = append(out.Differences, *d)
		m, err := b.matrixOf(rows, i)
		if err != nil {
			return err
		}
		if m != nil {
			out.Matrices = append(out.Matrices, *m)
		}
	}
	return nil
}

func (b *builder) leader(rows []measured, cell, best int) (*Leader, error) {
	l := &Leader{Metric: b.names[cell], Method: rows[best].row.Method, Cell: rows[best].row.Cells[cell]}
	if !b.metrics[cell].PerUser() {
		return l, nil
	}
	others, err := b.rules.tested(rows, cell, best)
	if err != nil {
		return nil, err
	}
	l.Others = len(others)
	for _, o := range others {
		if o.p >= b.rules.significance() {
			l.Equals = append(l.Equals, rows[o.row].row.Method)
		}
	}
	return l, nil
}

func (b *builder) differences(rows []measured, cell, reference int) (*Differences, error) {
	out := &Differences{Metric: b.names[cell], Judges: b.metrics[cell].Judges()}
	var family []float64
	for i, row := range rows {
		if i == reference || !row.row.Cells[cell].Known {
			continue
		}
		pairs, err := stats.Pair(row.merged[cell], rows[reference].merged[cell])
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", row.row.Method, rows[reference].row.Method, err)
		}
		p := b.rules.p(pairs)
		family = append(family, p)
		d := pairs.Differences()
		var sizes []Effect
		if b.effects {
			sizes = effects(pairs)
		}
		out.Rows = append(out.Rows, Difference{
			Effects: sizes,
			Method:  row.row.Method, Bounded: b.rules.difference(pairs), P: Number(p), Dz: Number(stats.TTest(d).Dz), Counts: stats.Count(d), Users: len(d),
		})
	}
	for i, p := range stats.Holm(family) {
		out.Rows[i].Holm = Number(p)
	}
	return out, nil
}

// difference is the mean of a difference with its interval: of repeated splits the wider one
// of those over users and over splits, end by end.
func (r rules) difference(pairs *stats.Pairs) Bounded {
	d := pairs.Differences()
	if len(d) == 0 {
		none := Number(math.NaN())
		return Bounded{none, none, none}
	}
	if !r.repeated {
		return bounded(r.Interval(d))
	}
	c := Cell{Mean: stats.Mean(pairs.SplitDifferences)}
	c.within(r.Interval(d))
	c.within(stats.TestSplits(pairs.SplitDifferences, r.resampling, r.Level).Interval)
	out := Bounded{Number(c.Mean), Number(math.NaN()), Number(math.NaN())}
	if c.Low != nil {
		out.Low, out.High = Number(*c.Low), Number(*c.High)
	}
	return out
}

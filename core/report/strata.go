package report

import (
	"fmt"
	"runtime"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/stats"
)

// What results may be divided by, beside the attributes of users.
const (
	ByItemCount    = "item_count"    // training interactions of the relevant item
	ByUserActivity = "user_activity" // training interactions of the user
	BySplit        = "split"         // the splits of data that are split several times
	BySeed         = "seed"          // the seeds of the trials
)

// Strata are the results of a table divided into buckets.
type Strata struct {
	By      string   `json:"by"`
	Metrics []string `json:"metrics"`
	Buckets []Bucket `json:"buckets"`
	// Gaps say how far the groups of an attribute lie apart, method by method.
	Gaps []Gaps `json:"gaps,omitempty"`
	// Spreads say how far the splits or seeds lie apart, method by method.
	Spreads []Spread `json:"spreads,omitempty"`
	Notes   []string `json:"notes"`
}

// Bucket is the results over some of the users or some of the relevant items.
type Bucket struct {
	Name    string       `json:"bucket"`
	Users   int          `json:"users"`    // over whom the means are
	HeldOut int          `json:"held_out"` // their relevant items in the bucket
	Rows    []StratumRow `json:"rows"`     // as Table.Rows, without published ones
}

// StratumRow is a method in a bucket.
type StratumRow struct {
	Method string `json:"method"`
	Cells  []Cell `json:"cells"` // as Strata.Metrics
}

// Gaps are of one method, as Strata.Metrics; unknown where fewer than two groups were
// measured.
type Gaps struct {
	Method string `json:"method"`
	Cells  []Gap  `json:"cells"`
}

// Gap is the highest mean of a group less the lowest one, and which that is.
type Gap struct {
	Known bool    `json:"known"`
	Gap   float64 `json:"gap"`
	Worst string  `json:"worst"`
	Mean  float64 `json:"worst_mean"`
}

// by is one division: borders of nil are quartiles.
type by struct {
	name    string
	borders eval.Buckets
	// fromValues leaves out the metrics that single users do not have: no list is read.
	fromValues bool
}

// divisions lists what the results are to be divided by.
func (o Options) divisions(plan *experiment.Plan) []by {
	given := map[string]eval.Buckets{}
	var all []by
	if s := plan.Table.Strata; s != nil {
		given[ByItemCount], given[ByUserActivity] = s.ItemCount, s.UserActivity
		all = []by{{name: ByItemCount, borders: s.ItemCount}, {name: ByUserActivity, borders: s.UserActivity}}
		for _, name := range s.UserAttributes {
			all = append(all, by{name: name})
		}
	}
	if o.By != "" {
		borders := o.Borders
		if borders == nil {
			borders = given[o.By]
		}
		return []by{{name: o.By, borders: borders}}
	}
	if !o.Strata {
		return nil
	}
	return all
}

// strata measures every method bucket by bucket. Every bucket has the tests of a
// table of its own.
func (b *builder) strata(d by, rows []measured) (*Strata, error) {
	s := &Strata{By: d.name, Buckets: []Bucket{}}
	if b.first == nil {
		return s, nil
	}
	if d.name == BySplit || d.name == BySeed {
		if d.borders != nil {
			return nil, contract.Errorf(contract.ErrInvalid, "results are divided by %s, which has no borders: borders are for %s and %s", d.name, ByItemCount, ByUserActivity)
		}
		return b.byTrials(d.name, rows)
	}
	dividing := divider{builder: b, by: d, made: map[string]*division{}}
	div, err := dividing.of(b.first)
	if err != nil {
		return nil, err
	}
	for i, m := range b.metrics {
		if div.items && !m.Judges() || d.fromValues && !m.PerUser() {
			continue
		}
		dividing.cells, dividing.metrics, s.Metrics = append(dividing.cells, i), append(dividing.metrics, m), append(s.Metrics, b.names[i])
	}
	parts := make([]stratum, len(div.names))
	for _, row := range rows {
		if err := b.measureStrata(parts, &dividing, row); err != nil {
			return nil, err
		}
	}
	for i := range parts {
		bucket, err := parts[i].bucket(dividing.metrics, b.rules, b.plan.Table.Against)
		if err != nil {
			return nil, err
		}
		bucket.Name = div.names[i]
		s.Buckets = append(s.Buckets, *bucket)
	}
	if div.groups {
		s.Gaps = gaps(s.Buckets, len(dividing.metrics))
	}
	s.Notes = b.strataNotes(div, dividing.metrics, b.rules)
	return s, nil
}

// stratum is a bucket while it is measured; users and heldOut are those of the first
// split.
type stratum struct {
	rows           []measured
	users, heldOut int
}

// measureStrata adds a method to all buckets. Where users are divided and every metric has
// their values, these are taken; else the stored rankings are measured bucket by bucket.
func (b *builder) measureStrata(parts []stratum, dividing *divider, row measured) error {
	for i := range parts {
		parts[i].rows = append(parts[i].rows, newMeasured(row.row.Method, len(dividing.metrics)))
	}
	for at, rec := range row.done {
		div, err := dividing.of(rec.Record)
		if err != nil {
			return err
		}
		if !div.items && !slices.ContainsFunc(dividing.metrics, func(m eval.Metric) bool { return !m.PerUser() }) {
			if err := b.takeStrata(parts, dividing, row, at); err != nil {
				return err
			}
			continue
		}
		data, err := b.data(rec.Record)
		if err != nil {
			return err
		}
		lists, err := b.from.Rankings(rec.Record, string(b.part))
		if err != nil {
			return err
		}
		for i := range parts {
			some, relevant := div.pick(i, lists, data.Part(b.part))
			if err := b.addStratum(&parts[i], rec, some, relevant, dividing.metrics); err != nil {
				return fmt.Errorf("%s, seed %d: %w", rec.Method, rec.Seed, err)
			}
		}
	}
	return nil
}

// takeStrata adds the values of users that a trial of the last method has.
func (b *builder) takeStrata(parts []stratum, dividing *divider, row measured, trial int) error {
	rec, measured := row.done[trial], row.samples[dividing.cells[0]][trial].Users
	groups, err := dividing.members(rec.Record, measured)
	if err != nil {
		return err
	}
	data, err := b.data(rec.Record)
	if err != nil {
		return err
	}
	relevant := data.Part(b.part)
	for i, group := range groups {
		s := &parts[i]
		if len(group) == 0 {
			continue
		}
		if s.users == 0 {
			s.users = len(group)
			for _, m := range group {
				s.heldOut += len(relevant.Row(int(m.user)))
			}
		}
		to := &s.rows[len(s.rows)-1]
		to.row.Cost.Trials++
		users := make([]int32, len(group))
		for j, m := range group {
			users[j] = measured[m.place]
		}
		for k, cell := range dividing.cells {
			values := make([]float64, len(group))
			for j, m := range group {
				values[j] = row.samples[cell][trial].Values[m.place]
			}
			to.samples[k] = append(to.samples[k], stats.Sample{Split: rec.split, Users: users, Values: values})
		}
	}
	return nil
}

// addStratum adds what one trial of the last method measures. A bucket without users is
// measured by nobody.
func (b *builder) addStratum(s *stratum, rec finished, lists eval.Rankings, relevant *data.Interactions, metrics []eval.Metric) error {
	if len(lists.Users) == 0 {
		return nil
	}
	of, err := b.data(rec.Record)
	if err != nil {
		return err
	}
	values, err := eval.Measure(lists, relevant, of.Training, metrics, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	users, heldOut := make([]int32, len(lists.Users)), 0
	for i, u := range lists.Users {
		users[i] = b.number(of.Users[u])
		heldOut += len(relevant.Row(int(u)))
	}
	if s.users == 0 {
		s.users, s.heldOut = len(users), heldOut
	}
	to := &s.rows[len(s.rows)-1]
	to.row.Cost.Trials++
	to.sample(metrics, rec.split, users, *values)
	return nil
}

// bucket is the finished bucket, with the tests of a table.
func (s *stratum) bucket(metrics []eval.Metric, r rules, against string) (*Bucket, error) {
	if err := r.apply(s.rows, metrics, against); err != nil {
		return nil, err
	}
	out := &Bucket{Users: s.users, HeldOut: s.heldOut}
	for _, r := range s.rows {
		out.Rows = append(out.Rows, StratumRow{r.row.Method, r.row.Cells})
	}
	return out, nil
}

// gaps compares the groups of every method.
func gaps(buckets []Bucket, metrics int) []Gaps {
	var out []Gaps
	if len(buckets) == 0 {
		return nil
	}
	for m, row := range buckets[0].Rows {
		g := Gaps{Method: row.Method, Cells: make([]Gap, metrics)}
		for i := range g.Cells {
			g.Cells[i] = gapOf(buckets, m, i)
		}
		out = append(out, g)
	}
	return out
}

func gapOf(buckets []Bucket, row, cell int) Gap {
	var g Gap
	high, groups := 0.0, 0
	for _, b := range buckets {
		c := b.Rows[row].Cells[cell]
		if !c.Known {
			continue
		}
		if groups == 0 || c.Mean < g.Mean {
			g.Worst, g.Mean = b.Name, c.Mean
		}
		if groups == 0 || c.Mean > high {
			high = c.Mean
		}
		groups++
	}
	if groups < 2 {
		return Gap{}
	}
	g.Known, g.Gap = true, high-g.Mean
	return g
}

func (b *builder) strataNotes(d *division, shown []eval.Metric, r rules) []string {
	notes := []string{d.note}
	if r.repeated && d.in != nil {
		notes[0] += " Each split is divided by its own training part; users and held out are counts of the first split."
	}
	for _, m := range shown {
		notes = append(notes, fmt.Sprintf("%s = %s.", m, m.Formula()))
	}
	if d.items && slices.ContainsFunc(b.metrics, func(m eval.Metric) bool { return !m.Judges() }) {
		notes = append(notes, "Metrics that say what is recommended, not how right it is, are about whole lists and are not divided by items.")
	}
	notes = append(notes, b.protocol())
	return append(notes, r.notes(b.plan.Table.Against)...)
}

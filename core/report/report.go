// Package report turns records into tables. Its functions are pure: the same
// plan and the same records give the same bytes.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

// Source is where records come from; *record.Store is one.
type Source interface {
	Load(key string) (*record.Record, error)
	Heads(keys []string) (*record.Heads, error)
	Users(rec *record.Record, part string) (*record.Users, error)
	Rankings(rec *record.Record, part string) (*eval.Rankings, error)
	Lists(rec *record.Record, part string, users []int32) ([]contract.Ranking, error)
	SplitData(rec *record.Record) (*record.SplitData, error)
	UserAttributes(rec *record.Record) ([]contract.TrainAttributes, error)
}

// Options say what a table shows. Zero values are the defaults.
type Options struct {
	// Metrics are the columns; those of the plan by default. Values that a record
	// lacks are computed from its stored rankings.
	Metrics []string
	Part    contract.Part // test by default
	// By divides the results by ByItemCount, ByUserActivity, BySplit, BySeed or an
	// attribute of users;
	// text formats then show nothing else.
	By string
	// Borders are the upper borders of By's buckets; nil takes the plan's, else quartiles.
	Borders eval.Buckets
	// Strata divides by all that the plan's table asks for.
	Strata bool
	// Means shows the means that the records hold, without intervals and tests: no value of
	// a single user is read, nothing is computed and nothing divided.
	Means bool
}

// Report is the tables of an experiment, one for each data set.
type Report struct {
	Experiment string  `json:"experiment"`
	Tables     []Table `json:"tables"`
	divided    bool    // text formats show strata in place of the tables
}

// Table compares methods on one data set.
type Table struct {
	Dataset string   `json:"dataset"`
	Metrics []string `json:"metrics"`
	Against string   `json:"against,omitempty"`
	Rows    []Row    `json:"rows"`
	Notes   []string `json:"notes"`
	Strata  []Strata `json:"strata,omitempty"`

	costs  []string // the columns behind the metrics
	brief  []string // notes that say enough in a terminal
	legend legend
}

// Row is a method, or a row of published numbers.
type Row struct {
	Method string `json:"method"`
	// Published rows come from the literature; Source says from where.
	Published bool   `json:"published,omitempty"`
	Source    string `json:"source,omitempty"`
	Cells     []Cell `json:"cells"` // as Table.Metrics
	Cost      Cost   `json:"cost"`
	Failed    int    `json:"failed,omitempty"`  // trials that failed
	Missing   int    `json:"missing,omitempty"` // trials that have not run
}

// Cell is a mean over users, seeds and splits. Known is false where nothing was measured.
type Cell struct {
	Known bool    `json:"known"`
	Mean  float64 `json:"mean"`
	// Low and High border the interval at the table's level; nil for a published number
	// and for a metric that is one number for all users together and was not measured on
	// several splits.
	Low    *float64 `json:"ci_low"`
	High   *float64 `json:"ci_high"`
	Seeds  int      `json:"seeds"`            // of one split
	Splits int      `json:"splits,omitempty"` // measured splits of data that are split several times
	// Best: significantly better than every other measured method.
	Best bool `json:"best,omitempty"`
	// Against is +1 or -1 where the method is significantly better or worse than
	// the table's reference.
	Against int `json:"against,omitempty"`
}

// Cost is what the finished trials of a row took: means of wall-clock seconds
// per trial, the highest peak memory of the method's plugins.
type Cost struct {
	Train   float64 `json:"train_seconds"`
	Rank    float64 `json:"rank_seconds"`
	PeakMiB float64 `json:"peak_mib"`
	// DeviceMiB is the highest peak of the memory that training took on a device;
	// 0 on the CPU or when unknown.
	DeviceMiB float64 `json:"device_mib,omitempty"`
	Trials    int     `json:"trials"`
}

// measured is a row with the material of its tests.
type measured struct {
	row Row
	// samples has for each metric one sample per finished trial. A metric that is one
	// number for all users together has it as the value of a single user.
	samples [][]stats.Sample
	// merged are the samples averaged over the seeds of each split, when the cells are filled.
	merged [][]stats.Sample
	done   []finished
}

// finished is a trial with a result.
type finished struct {
	*record.Record
	split int // DatasetPlan.Repetition
}

func newMeasured(method string, metrics int) measured {
	return measured{row: Row{Method: method}, samples: make([][]stats.Sample, metrics)}
}

// sample takes what a trial measured in each metric.
func (m *measured) sample(metrics []eval.Metric, split int, users []int32, v eval.Values) {
	for i, metric := range metrics {
		s := stats.Sample{Split: split, Users: users, Values: v.PerUser[metric.String()]}
		if !metric.PerUser() {
			s.Users, s.Values = whole, []float64{v.Overall[metric.String()]}
		}
		m.samples[i] = append(m.samples[i], s)
	}
}

// whole is the one user of a metric that is one number for all users together.
var whole = []int32{0}

// Build reads the records of a plan and makes its tables. A damaged record is
// an error; a missing or failed one is a mark and a note.
func Build(plan *experiment.Plan, from Source, o Options) (*Report, error) {
	if o.Metrics == nil {
		o.Metrics = plan.Evaluate.Metrics
	}
	metrics, err := eval.ParseMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	part := cmp.Or(o.Part, contract.PartTest)
	r := &Report{Experiment: plan.Name, divided: o.By != ""}
	for _, splits := range plan.Tables() {
		b := newBuilder(plan, from, part, splits)
		b.names, b.metrics = o.Metrics, metrics
		if o.Means {
			err = b.readHeads()
		} else {
			b.divide = o.divisions(plan)
		}
		if err != nil {
			return nil, err
		}
		t, err := b.table()
		if err != nil {
			return nil, err
		}
		r.Tables = append(r.Tables, *t)
	}
	return r, nil
}

// builder makes the table of one data set.
type builder struct {
	plan        *experiment.Plan
	from        Source
	names       []string // of the metrics
	metrics     []eval.Metric
	part        contract.Part
	splits      []int // places of the data set in the plan: one for each of its splits
	rules       rules
	splitData   *record.SplitData // of the record that was measured last
	of          string            // fingerprint of splitData
	users       map[string]int32  // raw id -> number, for comparing user lists
	numbered    []int32           // of numberedIDs, which the last trial measured
	numberedIDs []string
	first       *record.Record // the first finished record: data, users, environment
	failures    []failure
	chosen      []string // weights of ensembles, by validation
	divide      []by
	heads       map[string]record.Head // by key, for a table of means; else nil
	ledger      time.Duration          // wall time of all trials with a record
	recorded    int                    // trials with a record
	effects     bool                   // differences have all effect sizes
}

func newBuilder(plan *experiment.Plan, from Source, part contract.Part, splits []int) *builder {
	return &builder{plan: plan, from: from, part: part, splits: splits, users: map[string]int32{}}
}

// dataset is the data set's name.
func (b *builder) dataset() string { return b.plan.Datasets[b.splits[0]].Name }

func (b *builder) table() (*Table, error) {
	rows, err := b.measure()
	if err != nil {
		return nil, err
	}
	return b.tableOf(rows)
}

// measure gathers what every method of the plan has on the data set.
func (b *builder) measure() ([]measured, error) {
	rows := make([]measured, len(b.plan.Methods))
	for m := range b.plan.Methods {
		row, err := b.row(m)
		if err != nil {
			return nil, err
		}
		rows[m] = row
	}
	var err error
	b.rules, err = b.rulesOf(rows)
	return rows, err
}

// tableOf makes the table of what was measured.
func (b *builder) tableOf(rows []measured) (*Table, error) {
	t := &Table{Dataset: b.dataset(), Metrics: b.names, Against: b.plan.Table.Against, costs: Costs()}
	if err := b.rules.apply(rows, b.metrics, t.Against); err != nil {
		return nil, err
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, r.row)
	}
	t.Rows = append(t.Rows, b.published()...)
	b.fruitless()
	t.Notes, t.legend = b.notes(t), b.rules.legend(t)
	t.brief = b.brief(t)
	for _, d := range b.divide {
		s, err := b.strata(d, rows)
		if err != nil {
			return nil, err
		}
		t.Strata = append(t.Strata, *s)
	}
	return t, nil
}

// row gathers the trials of a method on the data set.
func (b *builder) row(method int) (measured, error) {
	out := newMeasured(b.plan.Methods[method].Name, len(b.metrics))
	b.unchosen(&out.row, method)
	for _, t := range b.plan.Trials {
		if !slices.Contains(b.splits, t.Dataset) || t.Method != method {
			continue
		}
		if err := b.take(&out, t); err != nil {
			return out, err
		}
	}
	return out, nil
}

// trialName is such as "EASE, seed 1", or "EASE, split 2, seed 1".
func (b *builder) trialName(t experiment.Trial) string {
	name := b.plan.Methods[t.Method].Name
	if r := b.plan.Datasets[t.Dataset].Repetition; r > 0 {
		name += fmt.Sprintf(", split %d", r)
	}
	return fmt.Sprintf("%s, seed %d", name, t.Seed)
}

// take counts a trial into its row.
func (b *builder) take(to *measured, t experiment.Trial) error {
	if b.heads != nil {
		return b.takeHead(to, t)
	}
	rec, err := b.from.Load(t.Key)
	if errors.Is(err, contract.ErrNotFound) {
		to.row.Missing++
		return nil
	}
	if err != nil {
		return err
	}
	if head := rec.Head(); b.count(to, t, head) {
		return b.add(to, finished{rec, b.plan.Datasets[t.Dataset].Repetition})
	}
	return nil
}

// count takes what a trial cost into the ledger and its row, and reports whether it is done.
func (b *builder) count(to *measured, t experiment.Trial, h record.Head) (done bool) {
	b.recorded++
	b.ledger += h.Wall()
	if h.Status == record.Failed {
		to.row.Failed++
		b.failed(b.trialName(t)+",", firstLine(h.Error))
		return false
	}
	if e := h.Ensemble; e != nil && e.Tried > 0 {
		b.chosen = append(b.chosen, fmt.Sprintf("%s: weights %v, the best of %d combinations on validation.", b.trialName(t), e.Weights, e.Tried))
	}
	to.row.Cost.add(h)
	return true
}

// add counts a finished trial; finish makes means of the sums of seconds.
func (c *Cost) add(h record.Head) {
	c.Trials++
	c.Train += h.Times.Train
	c.Rank += h.Times.Rank
	c.PeakMiB = max(c.PeakMiB, float64(h.PeakRSS)/(1<<20))
	c.DeviceMiB = max(c.DeviceMiB, float64(h.PeakDevice)/(1<<20))
}

// failure is an error, the first trial that had it and how many more had.
type failure struct {
	first, why string
	more       int
}

func (b *builder) failed(trial, why string) {
	for i := range b.failures {
		if b.failures[i].why == why {
			b.failures[i].more++
			return
		}
	}
	b.failures = append(b.failures, failure{first: trial, why: why})
}

// String is such as "EASE, seed 1, and 3 more failed: ...".
func (f failure) String() string {
	if f.more > 0 {
		return fmt.Sprintf("%s and %d more failed: %s", f.first, f.more, f.why)
	}
	return fmt.Sprintf("%s failed: %s", f.first, f.why)
}

// firstLine leaves out the end of a plugin's stderr, which the record keeps.
func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(first, "; the end of its stderr:")
}

// add takes a finished trial into its row.
func (b *builder) add(to *measured, rec finished) error {
	got, err := b.values(rec.Record)
	if err != nil {
		return err
	}
	to.sample(b.metrics, rec.split, got.users, got.Values)
	if b.first == nil {
		b.first = rec.Record
	}
	to.done = append(to.done, rec)
	return nil
}

// numbers are those of users by their ids. Most trials of a table have the same users, who
// then share a list.
func (b *builder) numbers(ids []string) []int32 {
	if b.numbered != nil && slices.Equal(b.numberedIDs, ids) {
		return b.numbered
	}
	b.numberedIDs, b.numbered = ids, make([]int32, len(ids))
	for i, id := range ids {
		b.numbered[i] = b.number(id)
	}
	return b.numbered
}

func (b *builder) number(user string) int32 {
	n, known := b.users[user]
	if !known {
		n = int32(len(b.users))
		b.users[user] = n
	}
	return n
}

// finish fills the cells and turns sums of seconds into means.
func (m *measured) finish(metrics []eval.Metric, r rules) error {
	m.row.Cells, m.merged = make([]Cell, len(metrics)), make([][]stats.Sample, len(metrics))
	n := m.row.Cost.Trials
	if n == 0 {
		return nil
	}
	m.row.Cost.Train /= float64(n)
	m.row.Cost.Rank /= float64(n)
	for i, metric := range metrics {
		if len(m.samples[i]) == 0 {
			continue
		}
		var err error
		if m.merged[i], err = stats.Merge(m.samples[i]); err != nil {
			return fmt.Errorf("%s, %s: %w", m.row.Method, metric, err)
		}
		m.row.Cells[i] = r.cell(m.merged[i], seeds(m.samples[i]), metric)
	}
	return nil
}

// published makes a row of every method that the plan quotes for the data set. What is to be
// known of its numbers stands behind the source.
func (b *builder) published() []Row {
	var rows []Row
	var from []experiment.Published // the first number of each row
	marks := map[int][]marked{}
	for _, p := range b.plan.Table.Published {
		if p.Dataset != b.dataset() {
			continue
		}
		at := slices.IndexFunc(from, func(f experiment.Published) bool { return f.Method == p.Method && f.Source == p.Source })
		if at < 0 {
			at = len(rows)
			rows = append(rows, Row{Method: p.Method, Published: true, Source: p.Source, Cells: make([]Cell, len(b.metrics))})
			from = append(from, p)
		}
		if i := slices.Index(b.names, p.Metric); i >= 0 {
			rows[at].Cells[i] = Cell{Known: true, Mean: p.Value}
			marks[at] = append(marks[at], marked{p.Metric, p.Mark})
		}
	}
	for i := range rows {
		rows[i].Source += markedSource(marks[i])
	}
	return rows
}

// marked is a published number's metric with what is to be known of it.
type marked struct{ metric, mark string }

// markedSource is such as "; unverified", or "; ndcg@100 unverified" where it is not all
// numbers of a row.
func markedSource(all []marked) string {
	if len(all) == 0 {
		return ""
	}
	same := !slices.ContainsFunc(all, func(m marked) bool { return m.mark != all[0].mark })
	text := ""
	for i, m := range all {
		switch {
		case m.mark == "" || same && i > 0:
		case same:
			text += "; " + m.mark
		default:
			text += "; " + m.metric + " " + m.mark
		}
	}
	return text
}

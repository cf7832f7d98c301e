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
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/schema"
	"cllm4rec/core/stats"
)

// CompareOptions say what to compare. Zero values are the defaults.
type CompareOptions struct {
	// Methods are two or more rows of the experiment: two are compared user by user,
	// more of them pair by pair.
	Methods []string
	Metric  string        // the first of the plan that has values of single users
	Dataset string        // all data sets
	Part    contract.Part // test
}

// Compared is what was found on each data set.
type Compared struct {
	Experiment string       `json:"experiment"`
	Pairs      []Comparison `json:"pairs,omitempty"`
	Matrices   []Matrix     `json:"matrices,omitempty"`
}

// Number is a float64 that JSON writes as null where it is infinite or none.
type Number float64

// MarshalJSON writes null for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Bounded is a mean difference with its interval.
type Bounded struct {
	Mean Number `json:"mean"`
	Low  Number `json:"ci_low"`
	High Number `json:"ci_high"`
}

func bounded(i stats.Interval) Bounded { return Bounded{Number(i.Mean), Number(i.Low), Number(i.High)} }

// Compare compares methods of a plan by their records. ErrInvalid names unknown methods,
// metrics and data sets with the nearest ones, and methods that were measured on
// different splits or users; ErrNotFound a method without results.
func Compare(plan *experiment.Plan, from Source, o CompareOptions) (*Compared, error) {
	methods, err := placesOf(plan, o.Methods)
	if err != nil {
		return nil, err
	}
	metric, err := comparedMetric(plan, o.Metric)
	if err != nil {
		return nil, err
	}
	if err := knownDataset(plan, o.Dataset); err != nil {
		return nil, err
	}
	out := &Compared{Experiment: plan.Name}
	for _, splits := range plan.Tables() {
		b := newBuilder(plan, from, cmp.Or(o.Part, contract.PartTest), splits)
		if o.Dataset != "" && o.Dataset != b.dataset() {
			continue
		}
		b.names, b.metrics = []string{metric.String()}, []eval.Metric{metric}
		c, err := b.gather(methods)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.dataset(), err)
		}
		if len(methods) > 2 {
			m, err := c.matrix()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.dataset(), err)
			}
			out.Matrices = append(out.Matrices, *m)
			continue
		}
		p, err := c.pair()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.dataset(), err)
		}
		out.Pairs = append(out.Pairs, *p)
	}
	return out, nil
}

// placesOf are the places of methods in the plan.
func placesOf(plan *experiment.Plan, names []string) ([]int, error) {
	var known []string
	for _, m := range plan.Methods {
		known = append(known, m.Name)
	}
	if len(names) < 2 {
		return nil, contract.Errorf(contract.ErrInvalid, "two or more methods are compared, and %d given; known are %s", len(names), strings.Join(known, ", "))
	}
	var places []int
	for _, name := range names {
		at := slices.Index(known, name)
		switch {
		case at < 0:
			return nil, contract.Errorf(contract.ErrInvalid, "there is no method %q%s", name, schema.Hint(name, known))
		case slices.Contains(places, at):
			return nil, contract.Errorf(contract.ErrInvalid, "method %q is given twice", name)
		}
		places = append(places, at)
	}
	return places, nil
}

// comparedMetric is the one that is asked for, else the first of single users.
func comparedMetric(plan *experiment.Plan, name string) (eval.Metric, error) {
	if name != "" {
		metric, err := eval.ParseMetric(name)
		if err == nil && !metric.PerUser() {
			err = contract.Errorf(contract.ErrInvalid, "metric %s is one number for all users together; users are compared by one that each of them has, such as ndcg@%d", name, metric.Depth())
		}
		return metric, err
	}
	metrics, err := eval.ParseMetrics(plan.Evaluate.Metrics)
	if err != nil {
		return eval.Metric{}, err
	}
	if i := slices.IndexFunc(metrics, eval.Metric.PerUser); i >= 0 {
		return metrics[i], nil
	}
	return eval.Metric{}, contract.Errorf(contract.ErrInvalid, "no metric of the experiment has values of single users: name one, such as --metric ndcg@20")
}

func knownDataset(plan *experiment.Plan, name string) error {
	var known []string
	for _, splits := range plan.Tables() {
		known = append(known, plan.Datasets[splits[0]].Name)
	}
	if name == "" || slices.Contains(known, name) {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "there is no data set %q%s", name, schema.Hint(name, known))
}

// comparing is the trials that all compared methods have in common on a data set.
type comparing struct {
	*builder
	rows   []measured
	metric eval.Metric
	// trials are the common ones, by split and seed; rows[m].done is as these.
	trials []occasion
	notes  []string
}

// occasion is a split and a seed, on which every method has a trial.
type occasion struct {
	split int
	seed  uint64
}

func (o occasion) in(repeated bool) string {
	if repeated {
		return fmt.Sprintf("split %d, seed %d", o.split, o.seed)
	}
	return fmt.Sprintf("seed %d", o.seed)
}

// gather reads the finished trials of methods and keeps those that all have.
func (b *builder) gather(methods []int) (*comparing, error) {
	c := &comparing{builder: b, metric: b.metrics[0]}
	records := make([]map[occasion]*record.Record, len(methods))
	for i, m := range methods {
		var err error
		if records[i], err = b.finishedOf(m); err != nil {
			return nil, err
		}
	}
	for _, o := range b.occasions() {
		if !slices.ContainsFunc(records, func(of map[occasion]*record.Record) bool { return of[o] == nil }) {
			c.trials = append(c.trials, o)
		}
	}
	if err := c.sayCommon(methods, records); err != nil {
		return nil, err
	}
	for i, m := range methods {
		row := newMeasured(b.plan.Methods[m].Name, 1)
		for _, o := range c.trials {
			if err := b.add(&row, finished{records[i][o], o.split}); err != nil {
				return nil, err
			}
		}
		c.rows = append(c.rows, row)
	}
	if err := c.sameData(); err != nil {
		return nil, err
	}
	var err error
	b.rules, err = b.rulesOf(c.rows)
	return c, err
}

// occasions are those of the data set in the plan.
func (b *builder) occasions() []occasion {
	var all []occasion
	for _, t := range b.plan.Trials {
		o := occasion{b.plan.Datasets[t.Dataset].Repetition, t.Seed}
		if slices.Contains(b.splits, t.Dataset) && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}

// finishedOf are the finished trials of a method; ErrNotFound when it has none.
func (b *builder) finishedOf(method int) (map[occasion]*record.Record, error) {
	found := map[occasion]*record.Record{}
	for _, t := range b.plan.Trials {
		if !slices.Contains(b.splits, t.Dataset) || t.Method != method {
			continue
		}
		rec, err := b.from.Load(t.Key)
		if errors.Is(err, contract.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if rec.Status == record.Done {
			found[occasion{b.plan.Datasets[t.Dataset].Repetition, t.Seed}] = rec
		}
	}
	if len(found) == 0 {
		return nil, contract.Errorf(contract.ErrNotFound, "%s has no finished trial; `cllm4rec run` continues with it", b.plan.Methods[method].Name)
	}
	return found, nil
}

// mostLacking is how many trials of a method are named that it lacks.
const mostLacking = 5

// sayCommon notes what only some of the methods have; ErrInvalid when nothing is common.
func (c *comparing) sayCommon(methods []int, records []map[occasion]*record.Record) error {
	repeated := c.plan.Datasets[c.splits[0]].Repetition > 0
	var lacks []string
	for i, m := range methods {
		var missing []string
		for _, o := range c.occasions() {
			if records[i][o] == nil && slices.ContainsFunc(records, func(of map[occasion]*record.Record) bool { return of[o] != nil }) {
				missing = append(missing, o.in(repeated))
			}
		}
		if missing != nil {
			if more := len(missing) - mostLacking; more > 0 {
				missing = append(missing[:mostLacking], fmt.Sprintf("and %d more", more))
			}
			lacks = append(lacks, fmt.Sprintf("%s lacks %s", c.plan.Methods[m].Name, strings.Join(missing, "; ")))
		}
	}
	if len(c.trials) == 0 {
		return contract.Errorf(contract.ErrInvalid, "the methods have no trial in common: %s", strings.Join(lacks, ", "))
	}
	if lacks != nil {
		c.notes = append(c.notes, fmt.Sprintf("Warning: %s: compared is only what all methods have.", strings.Join(lacks, ", ")))
	}
	return nil
}

// sameData refuses methods that were measured on different data or users.
func (c *comparing) sameData() error {
	first := c.rows[0]
	for _, row := range c.rows[1:] {
		for i, o := range c.trials {
			where := o.in(first.done[i].split > 0)
			if a, b := first.done[i].Data.Fingerprint, row.done[i].Data.Fingerprint; a != b {
				return contract.Errorf(contract.ErrInvalid, "%s and %s were measured on different data (%s): %.12s and %.12s", first.row.Method, row.row.Method, where, a, b)
			}
			a, b := first.samples[0][i].Users, row.samples[0][i].Users
			if !slices.Equal(a, b) {
				return contract.Errorf(contract.ErrInvalid, "%s and %s were measured on different users (%s): %d and %d of them%s", first.row.Method, row.row.Method, where, len(a), len(b), c.onlyOne(a, b))
			}
		}
	}
	merged, err := stats.Merge(first.samples[0])
	if err != nil {
		return err
	}
	if users, _ := stats.UserMeans(merged); len(users) < 2 {
		return contract.Errorf(contract.ErrInvalid, "the methods were measured on %d user, expected at least 2: one says nothing about others", len(users))
	}
	return nil
}

// onlyOne names a user who is among some and not among others.
func (b *builder) onlyOne(some, others []int32) string {
	for _, side := range [][2][]int32{{some, others}, {others, some}} {
		there := make(map[int32]bool, len(side[1]))
		for _, u := range side[1] {
			there[u] = true
		}
		if i := slices.IndexFunc(side[0], func(u int32) bool { return !there[u] }); i >= 0 {
			return fmt.Sprintf(", user %q by one alone", b.ids()[side[0][i]])
		}
	}
	return ", in another order"
}

// ids are the raw ids of users by number.
func (b *builder) ids() []string {
	ids := make([]string, len(b.users))
	for id, number := range b.users {
		ids[number] = id
	}
	return ids
}

// measuredOn says what was compared.
func (c *comparing) measuredOn() []string {
	seeds, splits := map[uint64]bool{}, map[int]bool{}
	for _, o := range c.trials {
		seeds[o.seed], splits[o.split] = true, true
	}
	text := fmt.Sprintf("Measured on the %s part, averaged over %s", c.part, some(len(seeds), "seed"))
	if c.rules.repeated {
		text += " and " + some(len(splits), "split")
	}
	return append([]string{fmt.Sprintf("%s = %s.", c.metric, c.metric.Formula()), text + "."}, c.notes...)
}

// some is such as "1 seed" or "3 seeds".
func some(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

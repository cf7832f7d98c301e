package run

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/estimate"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/search"
)

// Forecast is what the trials of a plan that have no finished record will take.
type Forecast struct {
	plan   *experiment.Plan
	heads  map[string]record.Head // of the plan's folder, by key
	seen   []estimate.Observation
	splits map[int]*data.Split // of the data sets with work, by place in the plan
	Notes  []string            // what could not be found out
}

// NewForecast reads the data sets of a plan that have work, as a run would. heads are those
// of the plan's folder, by key; others are of other folders of this machine.
func NewForecast(ctx context.Context, plan *experiment.Plan, heads map[string]record.Head, others []record.Head, o Reading) (*Forecast, error) {
	f := newForecast(plan, heads, others)
	for d, set := range plan.Datasets {
		if len(f.work(d)) == 0 {
			continue
		}
		got, err := Read(ctx, plan, d, o)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			f.Notes = append(f.Notes, fmt.Sprintf("data set %s cannot be read, so that its size is unknown: %v", set.Label(), err))
			continue
		}
		f.splits[d] = got.Split
		if err := f.checkDimensions(d, got.Split); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// newForecast knows records and no data.
func newForecast(plan *experiment.Plan, heads map[string]record.Head, others []record.Head) *Forecast {
	f := &Forecast{plan: plan, heads: heads, splits: map[int]*data.Split{}}
	here := record.ReadEnvironment()
	all := slices.Clone(others)
	for _, key := range slices.Sorted(maps.Keys(heads)) { // the same records, the same words
		all = append(all, heads[key])
	}
	shapes := map[string]modelShape{}
	for _, h := range all {
		seen, of := estimate.Recorded(h, here)
		if !of {
			continue
		}
		if h.Kind == string(contract.KindBackbone) {
			if _, looked := shapes[string(h.Params)]; !looked {
				shapes[string(h.Params)] = shapeOf(h.Params)
			}
			seen.At.Parameters = shapes[string(h.Params)].parameters
		}
		f.seen = append(f.seen, seen)
	}
	return f
}

// work are the places of the methods that have something to run on a data set.
func (f *Forecast) work(d int) (methods []int) {
	for m := range f.plan.Methods {
		left := f.plan.Waits(d, m) || slices.ContainsFunc(f.plan.Trials, func(t experiment.Trial) bool {
			return t.Dataset == d && t.Method == m && f.State(t) != Finished
		})
		if left && f.plan.Selected(m) {
			methods = append(methods, m)
		}
	}
	return methods
}

// The states of a trial in words.
const (
	Finished = "finished"
	Repeats  = "failed; runs again"
	ToRun    = "to run"
)

// State is that of a trial.
func (f *Forecast) State(t experiment.Trial) string {
	head, there := f.heads[t.Key]
	switch {
	case !there:
		return ToRun
	case head.Finishes():
		return Finished
	case head.Status == record.Failed:
		return Repeats
	}
	return ToRun // a record of an older schema
}

// Of is what one trial of a method on a data set takes, or one configuration of its search.
func (f *Forecast) Of(d int, m experiment.MethodPlan) estimate.Estimate {
	e := estimate.New(f.seen).Of(f.caseOf(d, m))
	if m.Joint == nil {
		return e
	}
	beside := estimate.New(f.seen).Of(f.caseOf(d, *m.Joint)) // which stays while the towers train with it
	if e.Time.Rough {                                        // records of the row have the time of both
		e.Time = e.Time.And(beside.Time, m.Joint.Name)
	}
	e.Memory = e.Memory.And(beside.Memory, m.Joint.Name)
	return e
}

// Row is all that a method has left to run on a data set.
type Row struct {
	Dataset, Method int
	Each            estimate.Estimate
	Trials          int // to run with the experiment's seeds
	// Configurations are those that a search may try at most before, also within its time.
	Configurations int
}

// Rows are the rows with work, in the order of the plan.
func (f *Forecast) Rows() (rows []Row) {
	for d := range f.plan.Datasets {
		for _, m := range f.work(d) {
			rows = append(rows, f.row(d, m))
		}
	}
	return rows
}

func (f *Forecast) row(d, m int) Row {
	r := Row{Dataset: d, Method: m, Each: f.Of(d, f.plan.MethodOf(experiment.Trial{Dataset: d, Method: m}))}
	if f.plan.Waits(d, m) {
		r.Trials = len(f.plan.Seeds)
		if s := f.plan.Methods[m].Search; s != nil {
			r.Configurations = configurations(*s, r.Each)
		}
		return r
	}
	for _, t := range f.plan.Trials {
		if t.Dataset == d && t.Method == m && f.State(t) != Finished {
			r.Trials++
		}
	}
	return r
}

// configurations are what a search may try: its budget, all of a smaller space, or what its
// time lets begin.
func configurations(s experiment.SearchPlan, each estimate.Estimate) int {
	n := s.Trainings()
	if space, _, err := search.NewSpace(s.Space); err == nil && s.Rungs == nil {
		if all, finite := space.Count(); finite {
			n = min(n, all)
		}
	}
	if s.Time == 0 || each.Duration() == 0 {
		return n
	}
	return min(n, int(math.Ceil(s.Time.Seconds()/each.Time.Value)))
}

// Left are the estimates of all that is to run, in the order in which it runs.
func (f *Forecast) Left() (all []estimate.Estimate) {
	for _, r := range f.Rows() {
		tried := r.Each
		tried.Disk.Value /= float64(max(1, f.parts(r.Dataset))) // of validation alone
		all = append(all, slices.Repeat([]estimate.Estimate{tried}, r.Configurations)...)
		all = append(all, slices.Repeat([]estimate.Estimate{r.Each}, r.Trials)...)
	}
	return all
}

// parts is how many parts of a data set are measured.
func (f *Forecast) parts(d int) int {
	if split := f.splits[d]; split != nil && split.Validation == nil {
		return 1
	}
	return 2
}

// caseOf is what decides the cost of a method on a data set.
func (f *Forecast) caseOf(d int, m experiment.MethodPlan) estimate.Case {
	c := estimate.Case{
		Kind: string(m.Plugin.Kind), Plugin: m.Plugin.Name, Dataset: f.plan.Datasets[d].Name, Method: m.Name,
		Shape: estimate.Shape{Depth: f.plan.Depth, Parts: f.parts(d)},
	}
	c.At.Params = estimate.Numbers(m.Plugin.Params)
	split := f.splits[d]
	if split != nil {
		c.At.Users, c.At.Items, c.At.Interactions = split.Users.Len(), split.Items.Len(), split.Training.Interactions.Len()
	}
	switch {
	case m.Train != nil:
		c.At.Epochs, c.AtMost = m.Train.Epochs, m.Train.Patience > 0
	case m.Pipeline != nil && split != nil:
		pipelineCase(&c, m, split.Training)
	}
	return c
}

// mayStop reports whether validation may end a stage before its last epoch.
func mayStop(s *cllm4rec.Settings) bool {
	return s.Select.Patience > 0 || s.Pretrain.Select != nil && s.Pretrain.Select.Patience > 0
}

// pipelineCase adds what decides the cost of a pipeline: its tokens and its language model.
func pipelineCase(c *estimate.Case, m experiment.MethodPlan, t data.Training) {
	work, model := m.Pipeline.Work(t), shapeOf(m.Plugin.Params)
	c.At.Tokens, c.At.Parameters, c.AtMost = float64(work.Tokens), model.parameters, mayStop(m.Pipeline)
	c.Shape.Weights, c.Shape.Hidden, c.Shape.Layers = model.bytes, model.Hidden, model.Layers
	c.Shape.Towers = 1
	if m.Pipeline.Content {
		c.Shape.Towers = 2
	}
	c.Shape.MicroBatch = int64(c.At.Params["micro_batch"])
	if c.Shape.MicroBatch == 0 {
		c.Shape.MicroBatch = int64(m.Pipeline.Batch) * work.Tokens / max(1, work.Documents)
	}
}

package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// Costs estimates what the trials of a plan take. The rule: the mean wall time
// of finished records, in the same folder, of the method of the same name on the
// data set of the same name; without one the time is unknown, and a pipeline has
// the work that Count found.
type Costs struct {
	plan  *experiment.Plan
	byKey map[[2]string]estimate
	state map[string]record.Status // by hash
	work  map[[2]int]cllm4rec.Work // by data set and method
}

type estimate struct {
	sum   time.Duration
	count int
}

// NewCosts learns from the records of a folder.
func NewCosts(plan *experiment.Plan, records []*record.Record) *Costs {
	c := &Costs{plan: plan, byKey: map[[2]string]estimate{}, state: map[string]record.Status{}, work: map[[2]int]cllm4rec.Work{}}
	for _, r := range records {
		c.state[r.Key] = r.Status
		if r.Status != record.Done {
			continue
		}
		key := [2]string{r.Dataset, r.Method}
		e := c.byKey[key]
		c.byKey[key] = estimate{e.sum + r.Finished.Sub(r.Started), e.count + 1}
	}
	return c
}

// Cost is an estimated wall time and, where that is unknown, the work.
type Cost struct {
	Known bool
	Time  time.Duration
	Work  cllm4rec.Work // zero when it was not counted
}

// String is the time, "-" for nothing, or "unknown" with what is known of the work.
func (c Cost) String() string {
	switch {
	case !c.Known && c.Work.Steps > 0:
		return "unknown; " + c.Work.String()
	case !c.Known:
		return "unknown"
	case c.Time == 0:
		return "-"
	}
	return c.Time.Round(100 * time.Millisecond).String()
}

// Of is the state of a trial ("finished", "failed", "to run") and what it will
// cost; nothing when it is finished.
func (c *Costs) Of(t experiment.Trial) (state string, cost Cost) {
	switch c.state[t.Key] {
	case record.Done:
		return "finished", Cost{Known: true}
	case record.Failed:
		state = "failed; runs again"
	default:
		state = "to run"
	}
	e := c.byKey[[2]string{c.plan.Datasets[t.Dataset].Name, c.plan.Methods[t.Method].Name}]
	if e.count == 0 {
		return state, Cost{Work: c.work[[2]int{t.Dataset, t.Method}]}
	}
	return state, Cost{Known: true, Time: e.sum / time.Duration(e.count)}
}

// Total is the trials to run, and what they cost in words.
func (c *Costs) Total() (trials int, cost string) {
	var sum time.Duration
	var work cllm4rec.Work
	unknown := 0
	for _, t := range c.plan.Trials {
		state, cost := c.Of(t)
		if state == "finished" {
			continue
		}
		trials++
		sum += cost.Time
		work = work.Plus(cost.Work)
		if !cost.Known {
			unknown++
		}
	}
	more := ""
	if work.Steps > 0 {
		more = "; pipelines: " + work.String()
	}
	switch {
	case trials == 0:
		return 0, "nothing to do"
	case unknown == trials:
		return trials, "the time is unknown" + more
	case unknown > 0:
		return trials, fmt.Sprintf("about %s, and of unknown time %d%s", sum.Round(time.Second), unknown, more)
	default:
		return trials, fmt.Sprintf("about %s", sum.Round(time.Second))
	}
}

// Count reads the data sets on which a pipeline of unknown cost is to run and
// counts what it trains on.
func (c *Costs) Count(ctx context.Context, o Reading) error {
	for d := range c.plan.Datasets {
		methods := c.uncounted(d)
		if len(methods) == 0 {
			continue
		}
		got, err := Read(ctx, c.plan, d, o)
		if err != nil {
			return err
		}
		for _, m := range methods {
			c.work[[2]int{d, m}] = c.plan.Methods[m].Pipeline.Work(got.Split.Training)
		}
	}
	return nil
}

// uncounted are the pipelines of unknown cost on a data set.
func (c *Costs) uncounted(dataset int) []int {
	var methods []int
	for _, t := range c.plan.Trials {
		_, cost := c.Of(t)
		if t.Dataset == dataset && !cost.Known && c.plan.Methods[t.Method].Pipeline != nil && !slices.Contains(methods, t.Method) {
			methods = append(methods, t.Method)
		}
	}
	return methods
}

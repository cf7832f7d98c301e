package run

import (
	"fmt"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// Costs estimates what the trials of a plan take. The rule: the mean wall time
// of finished records, in the same folder, of the method of the same name on the
// data set of the same name; without one the cost is unknown.
type Costs struct {
	plan  *experiment.Plan
	byKey map[[2]string]estimate
	state map[string]record.Status // by hash
}

type estimate struct {
	sum   time.Duration
	count int
}

// NewCosts learns from the records of a folder.
func NewCosts(plan *experiment.Plan, records []*record.Record) *Costs {
	c := &Costs{plan: plan, byKey: map[[2]string]estimate{}, state: map[string]record.Status{}}
	for _, r := range records {
		c.state[r.Hash] = r.Status
		if r.Status != record.Done {
			continue
		}
		key := [2]string{r.Dataset, r.Method}
		e := c.byKey[key]
		c.byKey[key] = estimate{e.sum + r.Finished.Sub(r.Started), e.count + 1}
	}
	return c
}

// Cost is an estimated wall time.
type Cost struct {
	Known bool
	Time  time.Duration
}

// String is the time, "-" for nothing, or "unknown".
func (c Cost) String() string {
	switch {
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
	switch c.state[t.Hash] {
	case record.Done:
		return "finished", Cost{Known: true}
	case record.Failed:
		state = "failed; runs again"
	default:
		state = "to run"
	}
	e := c.byKey[[2]string{c.plan.Datasets[t.Dataset].Name, c.plan.Methods[t.Method].Name}]
	if e.count == 0 {
		return state, Cost{}
	}
	return state, Cost{Known: true, Time: e.sum / time.Duration(e.count)}
}

// Total is the trials to run, and what they cost in words.
func (c *Costs) Total() (trials int, cost string) {
	var sum time.Duration
	unknown := 0
	for _, t := range c.plan.Trials {
		state, cost := c.Of(t)
		if state == "finished" {
			continue
		}
		trials++
		sum += cost.Time
		if !cost.Known {
			unknown++
		}
	}
	switch {
	case trials == 0:
		return 0, "nothing to do"
	case unknown == trials:
		return trials, "the cost is unknown"
	case unknown > 0:
		return trials, fmt.Sprintf("about %s and %d trials of unknown cost", sum.Round(time.Second), unknown)
	default:
		return trials, fmt.Sprintf("about %s", sum.Round(time.Second))
	}
}

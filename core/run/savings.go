package run

import (
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/experiment"
)

// Savings are what the trials of a plan that are to run share, and what that spares.
type Savings struct {
	Tokens int64 // of all passes of pipelines, without a store; roughly
	Spared int64 // of those that are not trained on, as a stage is there
	Stages []SharedStage
}

// SharedStage is the result of a stage and how many trials take it.
type SharedStage struct {
	What, Key string
	Stored    bool // it is there
	Trials    int
}

// Share is the part of the tokens that is spared, in 0..1.
func (s Savings) Share() float64 {
	if s.Tokens == 0 {
		return 0
	}
	return float64(s.Spared) / float64(s.Tokens)
}

// Savings goes through the trials to run in their order, of the data sets that could be
// read. stored reports whether the store has a key.
func (f *Forecast) Savings(stored func(key string) bool) (Savings, error) {
	c := counting{Forecast: f, stored: stored, made: map[string]bool{}, place: map[string]int{}}
	for d := range f.plan.Datasets {
		if f.splits[d] == nil {
			continue
		}
		if err := c.dataset(d); err != nil {
			return Savings{}, err
		}
	}
	return c.savings, nil
}

// counting is Savings under way.
type counting struct {
	*Forecast
	stored  func(key string) bool
	made    map[string]bool // keys that trials before made
	place   map[string]int  // of keys in the stages of the savings
	savings Savings
}

// dataset counts the trials of a data set.
func (c *counting) dataset(d int) error {
	for _, t := range c.plan.Trials {
		settings := c.plan.MethodOf(t).Pipeline
		if t.Dataset != d || !c.toRun(t) {
			continue
		}
		count := c.fit
		if settings != nil {
			count = func(t experiment.Trial) error { return c.trial(t, settings.StageWork(c.splits[d].Training)) }
		}
		if err := count(t); err != nil {
			return err
		}
	}
	return nil
}

// fit counts a recommender whose trained model is stored. Which others will be is not known
// before they are trained.
func (c *counting) fit(t experiment.Trial) error {
	r, err := c.plan.Fit(t)
	if r != nil && c.stored(r.Key) {
		c.takes(r)
	}
	return err
}

func (c *counting) toRun(t experiment.Trial) bool {
	return c.State(t) != Finished && c.plan.Selected(t.Method)
}

// trial counts what one trial is spared, and what it leaves for later ones.
func (c *counting) trial(t experiment.Trial, work map[cllm4rec.Stage]cllm4rec.Work) error {
	for _, w := range work {
		c.savings.Tokens += w.Tokens
	}
	s, err := sharedOf(c.plan, t, c.toRun)
	if err != nil {
		return err
	}
	var before, spared int64
	for _, r := range s.Path() {
		before += work[r.Stage].Tokens
		if c.has(r) {
			spared = before
		}
		if !slices.Contains(s.Ends(), r) || s.ends[r.Key] || c.has(r) {
			c.takes(r)
		}
	}
	c.savings.Spared += spared
	c.leaves(s)
	return nil
}

// leaves notes the results that are there after a trial.
func (c *counting) leaves(s sharedStages) {
	if s.Warmup != nil {
		c.made[s.Warmup.Key] = true
	}
	maps.Copy(c.made, s.ends)
	if s.Pretrain == nil {
		return
	}
	if s.own {
		c.made[s.Selected.Key] = true
	}
	if s.own && !s.wanted || c.has(s.Pretrain) {
		return
	}
	c.made[s.Pretrain.Key] = true
	if s.selected != nil {
		c.made[s.selected.Key] = true
	}
}

func (c *counting) has(r *experiment.StageResult) bool { return c.made[r.Key] || c.stored(r.Key) }

// takes counts a trial for a result.
func (c *counting) takes(r *experiment.StageResult) {
	at, known := c.place[r.Key]
	if !known {
		at = len(c.savings.Stages)
		c.place[r.Key] = at
		c.savings.Stages = append(c.savings.Stages, SharedStage{What: r.What, Key: r.Key, Stored: c.stored(r.Key)})
	}
	c.savings.Stages[at].Trials++
}

// String is such as "stages shared between trials spare 63% of the tokens of pipelines".
func (s Savings) String() string {
	return fmt.Sprintf("stages shared between trials spare %.0f%% of the tokens of pipelines", 100*s.Share())
}

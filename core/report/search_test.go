package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/search"
)

func TestTheLedgerOfSearchesSaysWhatEachRowWasGiven(t *testing.T) {
	given := func(trials int) *experiment.SearchPlan {
		return &experiment.SearchPlan{Sampler: "tpe", Trials: trials, Metrics: []string{"ndcg@100"}}
	}
	score := 0.25
	tried := []experiment.Tried{
		{Error: "it broke\nits stderr", Seconds: 1.5},
		{Values: search.Assignment{"params.b": "x", "params.a": 0.512345}, Score: &score, Seconds: 2},
	}
	plan := &experiment.Plan{
		Datasets: []experiment.DatasetPlan{{Name: "Beauty"}},
		Methods:  []experiment.MethodPlan{{Name: "EASE", Search: given(20)}, {Name: "Plain"}, {Name: "Broken", Search: given(2)}, {Name: "Both", Ensemble: &experiment.Fusion{}}},
		Choices:  []experiment.Choice{{Method: 0, Best: 1, Tried: tried}, {Method: 2, Best: -1, Tried: tried[:1]}, {Dataset: 1, Method: 0, Best: 1, Tried: tried}},
	}
	b := &builder{plan: plan, splits: []int{0}}
	want := []string{
		"Without a trial on Beauty, as a search found no configuration that runs: Broken.",
		`EASE: params.a 0.5123, params.b x, the best on validation (ndcg@100) of 2 configurations (tpe) in 3.5s: all that its space has.`,
		"As the file has them, without a search: Plain.",
		"Warning: the searches had different budgets: 2 configurations (tpe); 20 configurations (tpe).",
	}
	if got := b.searches(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := b.searching(); got != " Searches tried 3 configurations in 5s." {
		t.Errorf("got %q", got)
	}
	var failed, missing Row
	plan.Seeds = []uint64{1, 2}
	b.unchosen(&failed, 2)
	plan.Methods[1].Search = given(20)
	b.unchosen(&missing, 1)
	plan.Methods[1].Search = nil
	if failed.Failed != 2 || failed.Missing != 0 || missing.Missing != 2 || missing.Failed != 0 {
		t.Errorf("a search without a result: %+v; one that is not over: %+v", failed, missing)
	}
	b.fruitless()
	if len(b.failures) != 1 || b.failures[0].String() != "Broken: each of 1 configurations failed: it broke" {
		t.Errorf("failures %v", b.failures)
	}
	plan.Methods[2].Search = given(20)
	plan.Methods[0].Search.Time, plan.Methods[2].Search.Time = time.Hour, time.Hour
	if got := b.searches(); len(got) != 3 || !strings.HasSuffix(got[1], "in 3.5s of 1h0m0s.") {
		t.Errorf("equal budgets: got %q", got)
	}
	plan.Methods[0].Search, plan.Methods[2].Search = nil, nil
	if got := b.searches(); got != nil {
		t.Errorf("without a search: got %q", got)
	}
}

func TestTheLedgerStampsRungsInEpochs(t *testing.T) {
	score := 0.25
	s := &experiment.SearchPlan{Sampler: "halving", Trials: 3, Metrics: []string{"ndcg@100"}, Rungs: search.Rungs(3, 9, 3)}
	tried := func(epochs any) experiment.Tried {
		return experiment.Tried{Key: fmt.Sprint(epochs), Values: search.Assignment{experiment.EpochsSetting: epochs}, Score: &score}
	}
	c := experiment.Choice{Best: 1, Tried: []experiment.Tried{tried(int64(3)), tried(9.0)}} // as made, as read
	if got := bounds(*s, c); got != ", 12 epochs of training on rungs of 3 × 3, 1 × 9 epochs" {
		t.Errorf("got %q", got)
	}
	c.Tried[1].Values["params.a"] = 0.5
	if got := settings(*s, c.Tried[1]); got != "params.a 0.5" {
		t.Errorf("the epochs of a rung are shown as chosen: %q", got)
	}
	if got := configurations(*s, []experiment.Tried{tried(int64(3)), c.Tried[1], tried(9.0)}); got != "2 configurations" {
		t.Errorf("trainings on two rungs of one of two configurations are %s", got)
	}
	b := &builder{plan: &experiment.Plan{Methods: []experiment.MethodPlan{{Search: s}}, Choices: []experiment.Choice{c}}, splits: []int{0}}
	if got := b.searching(); got != " Searches tried 2 configurations in 0s." {
		t.Errorf("got %q", got)
	}
	if got := budget(*s); got != "3 configurations (halving: 3 × 3, 1 × 9 epochs)" {
		t.Errorf("got %q", got)
	}
}

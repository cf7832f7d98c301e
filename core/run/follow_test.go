package run_test

import (
	"strings"
	"sync"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// follower notes the shares of the trials that it is told of.
type follower struct {
	watcher
	mu       sync.Mutex
	planned  []int
	shares   map[string][]float64 // by method, of seed 1
	stages   map[string]int       // reports by method and the first word of the stage
	trackers map[string]*progress.Tracker
	found    []record.Head
}

func (f *follower) Planned(plan *experiment.Plan) { f.planned = append(f.planned, len(plan.Trials)) }
func (f *follower) Cached(_ run.Event, head record.Head) {
	f.found = append(f.found, head)
}
func (f *follower) Started(e run.Event, t *progress.Tracker) contract.OnProgress {
	if e.Trial.Seed != 1 {
		return nil
	}
	f.trackers[e.Method] = t
	return func(p contract.Progress) {
		f.mu.Lock()
		defer f.mu.Unlock()
		word, _, _ := strings.Cut(p.Stage, " ")
		f.stages[e.Method+" "+word]++
		f.shares[e.Method] = append(f.shares[e.Method], t.Snapshot().Share)
	}
}

func TestTheShareOfATrialRisesThroughAllItsStages(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(plan, "table:", "  - {name: Learner, recommender: {plugin: fakeepochs, train: {epochs: 5, metrics: [recall@5]}}}\ntable:", 1))
	f := &follower{shares: map[string][]float64{}, stages: map[string]int{}, trackers: map[string]*progress.Tracker{}}
	store, err := record.Open(b.out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	o := run.Options{Store: store, Plugins: b.plugins, Watch: f, Threads: 1}
	if s, err := run.Run(t.Context(), p, o); err != nil || s.Failed > 0 {
		t.Fatal(s, err)
	}
	if len(f.planned) != 1 || f.planned[0] != len(p.Trials) {
		t.Errorf("planned %v of %d trials", f.planned, len(p.Trials))
	}
	for _, method := range []string{"Popular", "CLLM4Rec", "LLM-CF", "Learner"} {
		shares := f.shares[method]
		for i, share := range shares {
			if i > 0 && share < shares[i-1] {
				t.Errorf("%s: the share fell: %v", method, shares)
			}
		}
		if end := f.trackers[method].Snapshot().Share; end < 1-1e-9 || len(shares) == 0 || shares[0] > .2 {
			t.Errorf("%s: from %v to %v", method, shares, end)
		}
	}
	s := f.trackers["CLLM4Rec"].Snapshot()
	if s.Score == nil || *s.Best < *s.Score || f.trackers["Learner"].Snapshot().Score == nil {
		t.Errorf("no scores in %+v", s)
	}
	for _, stage := range []string{"CLLM4Rec warmup", "CLLM4Rec pretrain", "CLLM4Rec finetune", "CLLM4Rec rank", "Learner train"} {
		if f.stages[stage] == 0 {
			t.Errorf("no report of %s: %v", stage, f.stages)
		}
	}
	if _, err := run.Run(t.Context(), p, o); err != nil || len(f.found) != len(p.Trials) || f.found[0].Wall() <= 0 {
		t.Errorf("%v, found %d", err, len(f.found))
	}
}

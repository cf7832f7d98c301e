package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// searchPlan tunes a recommender that is best after so many epochs, and fuses it.
const searchPlan = `
name: tuned
seeds: [3, 4]` + twoTastes + `
search: {sampler: grid, metrics: [ndcg@10]}
evaluate: {metrics: [recall@5]}
methods:
  - name: Tuned
    recommender: {plugin: fakeepochs, params: {peak: 3}, train: {rule: last}}
    search: {space: {train.epochs: {values: [1, 3, 12]}}}
  - {name: Popular, recommender: {plugin: fakerec}}
  - {name: Both, ensemble: {of: [Tuned, Popular]}}
`

// alone is the plan of the method without a search.
func alone(epochs string) string {
	text := strings.Replace(searchPlan, "    search: {space: {train.epochs: {values: [1, 3, 12]}}}\n", "", 1)
	return strings.Replace(text, "rule: last", "rule: last, epochs: "+epochs, 1)
}

func TestASearchRunsTheBestOnValidationWithEverySeed(t *testing.T) {
	b := newBench(t)
	p := b.plan(searchPlan)
	if len(p.Trials) != 2 { // of Popular: what the search decides has no key yet
		t.Fatalf("%d trials before the search", len(p.Trials))
	}
	s, w := b.mustRun(p)
	if s.Done != 6 || s.Failed != 0 || len(p.Choices) != 1 || len(p.Choices[0].Tried) != 3 {
		t.Fatalf("summary %+v, choices %+v, started %q", s, p.Choices, w.started)
	}
	c := p.Choices[0]
	for i, tried := range c.Tried {
		if *tried.Score > *c.Tried[c.Best].Score || *tried.Score == *c.Tried[c.Best].Score && i < c.Best {
			t.Errorf("configuration %d with %v was not taken: %d has %v", i, *tried.Score, c.Best, *c.Tried[c.Best].Score)
		}
	}
	same := b.plan(alone(fmt.Sprint(c.Tried[c.Best].Values["train.epochs"])))
	for i, trial := range same.Trials {
		if p.Trials[i].Key != trial.Key {
			t.Errorf("trial %d has key %.12s, that of the same settings by hand is %.12s", i, p.Trials[i].Key, trial.Key)
		}
	}
	if again, _ := b.mustRun(same); again.Cached != 6 {
		t.Errorf("the same settings by hand: %+v", again)
	}
}

func TestASearchLeavesNoTestNumber(t *testing.T) {
	b := newBench(t)
	p := b.plan(searchPlan)
	b.mustRun(p)
	final := map[string]bool{}
	for _, trial := range p.Trials {
		final[trial.Key] = true
	}
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	records, err := store.All()
	if err != nil || len(records) != 6+3 {
		t.Fatalf("%d records, error %v", len(records), err)
	}
	for _, rec := range records {
		if hasTest := rec.Result(string(contract.PartTest)) != nil; hasTest != final[rec.Key] {
			t.Errorf("trial %.12s of %s: a test result: %v", rec.Key, rec.Method, hasTest)
		}
	}
}

func TestAFinishedSearchIsNotRepeated(t *testing.T) {
	b := newBench(t)
	first := b.plan(searchPlan)
	b.mustRun(first)
	p := b.plan(searchPlan)
	s, w := b.mustRun(p)
	if s.Cached != 6 || len(w.started) != 0 || len(w.cached) != 9 {
		t.Errorf("summary %+v, started %q, cached %q", s, w.started, w.cached)
	}
	if p.Choices[0].Best != first.Choices[0].Best || p.Choices[0].Seconds() != first.Choices[0].Seconds() {
		t.Errorf("chose %+v, then %+v", first.Choices, p.Choices)
	}
}

func TestConfigurationsThatFailAreNotedAndLose(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(searchPlan, "train.epochs: {values: [1, 3, 12]}", "params.fail_at: {values: [1, 0]}", 1)
	p := b.plan(text)
	s, _ := b.mustRun(p)
	c := p.Choices[0]
	if s.Done != 6 || s.Failed != 0 || c.Best != 1 || c.Tried[0].Score != nil || !strings.Contains(c.Tried[0].Error, "step 1") {
		t.Errorf("summary %+v, choice %+v", s, c)
	}
	if again, w := b.mustRun(b.plan(text)); again.Cached != 6 || len(w.started) != 0 {
		t.Errorf("the second run: %+v, started %q", again, w.started)
	}
}

func TestASearchWithoutAnyResultFailsItsRowAndWhatNeedsIt(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.NewReplacer("train.epochs: {values: [1, 3, 12]}", "params.fail_at: {values: [1, 2]}").Replace(searchPlan))
	s, _ := b.mustRun(p)
	if s.Done != 2 || s.Failed != 2 || s.Err == nil || !strings.Contains(s.Err.Error(), "Tuned on Two tastes: each of 2 configurations failed") {
		t.Errorf("summary %+v", s)
	}
}

func TestTheTimeOfASearchEndsIt(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.NewReplacer("seeds: [3, 4]", "seeds: [3]", "sampler: grid,", "sampler: grid, time: 1s,", "params: {peak: 3}", "params: {peak: 3, delay: 35}").Replace(searchPlan))
	b.mustRun(p)
	if n := len(p.Choices[0].Tried); n != 1 {
		t.Errorf("%d configurations were tried in a second, of which one takes longer", n)
	}
}

func TestOtherMetricsOfASearchMeasureAgain(t *testing.T) {
	b := newBench(t)
	b.mustRun(b.plan(searchPlan))
	p := b.plan(strings.Replace(searchPlan, "metrics: [ndcg@10]", "metrics: [recall@3]", 1))
	_, w := b.mustRun(p)
	for i, tried := range p.Choices[0].Tried {
		if tried.Score == nil || *tried.Score == 0 {
			t.Errorf("configuration %d has the score %v by the new metric", i, tried.Score)
		}
	}
	if len(w.started) < 3 {
		t.Errorf("started %q", w.started)
	}
}

func TestRowsThatAskForTheSameConfigurationsShareThem(t *testing.T) {
	b := newBench(t)
	twice := "  - name: Twin\n    recommender: {plugin: fakeepochs, params: {peak: 3}, train: {rule: last}}\n    search: {space: {train.epochs: {values: [12, 3, 1]}}}\n"
	p := b.plan(strings.Replace(searchPlan, "  - {name: Popular,", twice+"  - {name: Popular,", 1))
	s, w, err := b.runWith(p, run.Options{Plugins: b.plugins, Jobs: 2})
	searched := 0
	for _, name := range w.started {
		if strings.Contains(name, "(search)") {
			searched++
		}
	}
	if err != nil || s.Failed != 0 || searched != 3 || len(p.Choices) != 2 {
		t.Errorf("summary %+v, error %v, %d configurations were run: %q", s, err, searched, w.started)
	}
}

func TestAnInterruptedRerunKeepsWhatWasChosen(t *testing.T) {
	b := newBench(t)
	b.mustRun(b.plan(searchPlan))
	ctx, cancel := context.WithCancel(t.Context())
	p := b.plan(searchPlan)
	o := run.Options{Plugins: noData{b.plugins, cancel}}
	if _, _, err := b.runIn(ctx, p, o); err == nil {
		t.Fatal("the rerun was not interrupted")
	}
	if kept := storedPlan(t, b.out); len(kept.Choices) != 1 || len(kept.Trials) != 6 {
		t.Errorf("%d choices, %d trials", len(kept.Choices), len(kept.Trials))
	}
}

// noData ends the run when it wants to read the data set.
type noData struct {
	run.Launcher
	cancel context.CancelFunc
}

func (n noData) Dataset(ctx context.Context, _ string, _ json.RawMessage) (*host.Running[contract.Dataset], error) {
	n.cancel()
	return nil, ctx.Err()
}

// parted is the fake dataset with a split of its own that has no validation part.
type parted struct{ *contracttest.FakeDataset }

func newParted() *parted { return &parted{contracttest.NewFakeDataset()} }

func (d *parted) Info(ctx context.Context) (contract.Info, error) {
	i, err := d.FakeDataset.Info(ctx)
	i.Name, i.Capabilities = "parted", append(i.Capabilities, contract.CapabilityGivenSplit)
	return i, err
}

func (d *parted) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	chunks := 0
	return d.FakeDataset.Interactions(ctx, func(c *contract.InteractionChunk) error {
		c.Part = contract.PartTrain
		if chunks++; chunks%4 == 0 {
			c.Part = contract.PartTest
		}
		return yield(c)
	})
}

func TestASearchWithoutAValidationPartFailsItsRowAndWhatNeedsIt(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.NewReplacer("plugin: fakedata", "plugin: parted", "{method: ratio, validation: 0.15, test: 0.15}", "{method: given}").Replace(searchPlan))
	s, _ := b.mustRun(p)
	if s.Done != 2 || s.Failed != 2 || s.Err == nil || !strings.Contains(s.Err.Error(), "the split has no validation part") {
		t.Errorf("summary %+v", s)
	}
}

// halvingPlan lets a recommender that is the better the more often it is trained, up to its
// peak, be searched on rungs.
const halvingPlan = `
name: halved` + twoTastes + `
search: {sampler: halving, trials: 9, metrics: [ndcg@10]}
evaluate: {metrics: [recall@5]}
methods:
  - name: Tuned
    recommender: {plugin: fakeepochs, train: {epochs: 9, rule: last}}
    search: {space: {params.peak: {low: 2, high: 40}}}
`

func TestSuccessiveHalvingTrainsTheBestForMoreEpochsAndResumes(t *testing.T) {
	b := newBench(t)
	s, w := b.mustRun(b.plan(halvingPlan))
	if s.Done != 1 || s.Failed != 0 || len(w.started) != 14 { // 9 + 3 + 1 on the rungs, and the best with its seed
		t.Fatalf("summary %+v, started %q", s, w.started)
	}
	p := b.plan(halvingPlan)
	if s, _ := b.mustRun(p); s.Done != 0 || s.Cached != 1 {
		t.Fatalf("again: %+v", s)
	}
	c := p.Choices[0]
	var epochs []int64
	for _, tried := range c.Tried {
		epochs = append(epochs, tried.Values["train.epochs"].(int64))
	}
	if want := []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 9}; !slices.Equal(epochs, want) || c.Best != 12 {
		t.Errorf("epochs %v, the best is %d", epochs, c.Best)
	}
	short := b.plan(halvingPlan)
	short.Methods[0].Search.Time = time.Nanosecond // the search ends after one, whose record is there
	b.mustRun(short)
	for _, c := range []experiment.Choice{c, short.Choices[0]} {
		if c.Plan.Train.Epochs != 9 {
			t.Errorf("after %d trainings the row trains %d epochs", len(c.Tried), c.Plan.Train.Epochs)
		}
	}
}

// mortal kills the plugin of a recommender just when it was started, so many starts from now.
type mortal struct {
	run.Launcher
	t    *testing.T
	left int
}

func (m *mortal) Recommender(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Recommender], error) {
	started, err := m.Launcher.Recommender(ctx, name, params)
	if m.left--; m.left == 0 && err == nil {
		killPlugins(m.t, name)
	}
	return started, err
}

func TestALaterRunTriesAConfigurationAgainWhosePluginWasKilled(t *testing.T) {
	undisturbed, b := newBench(t), newBench(t)
	want := undisturbed.plan(searchPlan)
	undisturbed.mustRun(want)
	best := want.Choices[0].Best
	killed := b.plan(searchPlan)
	if _, _, err := b.runWith(killed, run.Options{Plugins: &mortal{b.plugins, t, best + 1}}); err != nil {
		t.Fatal(err)
	}
	if c := killed.Choices[0]; c.Best == best || c.Tried[best].Score != nil || !strings.Contains(c.Tried[best].Error, "signal killed") {
		t.Fatalf("with a kill: %+v", c)
	}
	again := b.plan(searchPlan)
	_, w := b.mustRun(again)
	if c := again.Choices[0]; c.Best != best || c.Tried[best].Score == nil || !slices.Contains(w.started, "Tuned (search) 3") {
		t.Errorf("later: %+v, started %q", c, w.started)
	}
	if got, want := b.table(again, "csv"), undisturbed.table(want, "csv"); got != want {
		t.Errorf("later:\n%s\nundisturbed:\n%s", got, want)
	}
	if _, w := b.mustRun(b.plan(searchPlan)); len(w.started) != 0 {
		t.Errorf("at last there was started %q", w.started)
	}
}

func TestAConfigurationWhosePluginAlwaysDiesIsTriedOnceInARun(t *testing.T) {
	b := newBench(t)
	twice := "  - name: Twin\n    recommender: {plugin: fakerec}\n    search: {space: {params.die_at: {values: [1, 0]}}}\n"
	text := strings.NewReplacer("{plugin: fakeepochs, params: {peak: 3}, train: {rule: last}}", "{plugin: fakerec}",
		"train.epochs: {values: [1, 3, 12]}", "params.die_at: {values: [1, 0]}", "  - {name: Popular,", twice+"  - {name: Popular,").Replace(searchPlan)
	for range 2 {
		s, w := b.mustRun(b.plan(text))
		if s.Failed != 0 || len(w.failed) != 1 {
			t.Errorf("summary %+v, failed %q", s, w.failed)
		}
	}
}

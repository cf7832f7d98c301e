package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"
)

// fitPlan has a recommender that learns in epochs, selecting the best, and a row that reads
// its vectors.
func fitPlan(more ...string) string {
	return rows(append([]string{`{name: Taste, recommender: {plugin: fakeepochs, params: {peak: 4}, train: {epochs: 6, metrics: [ndcg@10]}}}`}, more...)...)
}

const (
	reader2 = `{name: Reader, recommender: {plugin: fakeepochs, params: {rate: 0.05}, train: {epochs: 2}, features: [{of: Taste}]}}`
	blend   = `{name: Blend, ensemble: {of: [Taste, Reader]}}`
)

// learning counts the epochs that trials train.
func learning(epochs *atomic.Int64) *watcher {
	last := ""
	return &watcher{seen: func(p contract.Progress) {
		if strings.HasPrefix(p.Stage, "train ") && !strings.HasSuffix(p.Stage, "validation") && p.Stage != last {
			last = p.Stage
			epochs.Add(1)
		}
	}}
}

// fitted runs a plan over a store that takes every model, and returns how many epochs its
// trials trained.
func (b *bench) fitted(p *experiment.Plan, o run.Options) int64 {
	b.t.Helper()
	var epochs atomic.Int64
	o.Plugins, o.WorthStoring = b.plugins, max(o.WorthStoring, time.Nanosecond)
	s, err := b.watched(b.t.Context(), p, o, learning(&epochs))
	if err != nil || s.Failed > 0 {
		b.t.Fatalf("%+v, error %v", s, err)
	}
	return epochs.Load()
}

func newStages(t *testing.T) (*stage.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stages")
	return stage.NewStore(dir, claim.Options{}), dir
}

func TestAModelThatIsStoredIsFittedOnceForAllFolders(t *testing.T) {
	alone, store := newBench(t), (*stage.Store)(nil)
	p := alone.plan(fitPlan(reader2, blend))
	if trained := alone.fitted(p, run.Options{}); trained != 8 {
		t.Fatalf("without a store %d epochs are trained", trained)
	}
	store, _ = newStages(t)
	for i, want := range []int64{8, 0} {
		b := newBench(t)
		if trained := b.fitted(p, run.Options{Stages: store}); trained != want {
			t.Errorf("folder %d: %d epochs are trained, expected %d", i, trained, want)
		}
		if got, want := b.rankings(p), alone.rankings(p); got != want {
			t.Errorf("folder %d: with the store the files are\n%s\nwithout\n%s", i, got, want)
		}
		for _, name := range []string{"Taste", "Reader"} {
			got, plain := b.recordOf(p, name), alone.recordOf(p, name)
			if got.Fit == nil || got.Fit.Key != got.TrainKey || got.Fit.Made != (i == 0) || got.Times.Train < got.Fit.Seconds || got.Resumed != 0 {
				t.Errorf("folder %d: %s has %+v, trained for %v s", i, name, got.Fit, got.Times.Train)
			}
			if fmt.Sprint(epochsOf(got)) != fmt.Sprint(epochsOf(plain)) || len(got.Log) != len(plain.Log) {
				t.Errorf("folder %d: the log of %s is %+v", i, name, got.Log)
			}
			if fmt.Sprint(got.Vectors) != fmt.Sprint(plain.Vectors) {
				t.Errorf("folder %d: the vectors of %s are %v, without the store %v", i, name, got.Vectors, plain.Vectors)
			}
		}
	}
	entries, err := store.List()
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, error %v", entries, err)
	}
	for _, e := range entries {
		if err := store.Verify(e); err != nil || e.About.What != "fit by fakeepochs on Two tastes, seed 1" {
			t.Errorf("%+v, error %v", e.About, err)
		}
	}
}

func epochsOf(r *record.Record) (losses []float64) {
	for _, e := range r.Log {
		if e.Loss != nil {
			losses = append(losses, *e.Loss)
		}
	}
	return losses
}

// TestARowThatARowReadsLaterIsNotFittedAgain: what a row that is added takes of another,
// vectors and longer lists, is part of the other's record, which is then made again.
func TestARowThatARowReadsLaterIsNotFittedAgain(t *testing.T) {
	b := newBench(t)
	store, _ := newStages(t)
	before := b.plan(fitPlan())
	after := b.plan(fitPlan(reader2, blend))
	if before.Trials[0].Key == after.Trials[0].Key || before.Trials[0].TrainKey != after.Trials[0].TrainKey {
		t.Fatal("the row that is read has the record of the one that is not, or another training")
	}
	if trained := b.fitted(before, run.Options{Stages: store}); trained != 6 {
		t.Errorf("%d epochs are trained", trained)
	}
	if s, err := b.forecast(after).Savings(store.Has); err != nil || len(s.Stages) != 1 || !s.Stages[0].Stored || s.Stages[0].Trials != 1 {
		t.Errorf("predicted %+v, error %v", s, err)
	}
	if trained := b.fitted(after, run.Options{Stages: store}); trained != 2 {
		t.Errorf("with rows that read it %d epochs are trained, expected 2", trained)
	}
	alone := newBench(t)
	alone.fitted(after, run.Options{})
	if got, want := b.rankings(after), alone.rankings(after); got != want {
		t.Errorf("with the store the files are\n%s\nwithout\n%s", got, want)
	}
}

// TestTrialsOfOneTrainingFitItOnce: of two rows that differ in the length of their lists
// alone, one trains, however short that is.
func TestTrialsOfOneTrainingFitItOnce(t *testing.T) {
	const twin = `{name: Twin, recommender: {plugin: fakeepochs, params: {peak: 4}, train: {epochs: 6, metrics: [ndcg@10]}}}`
	text := fitPlan(twin, simple, `{name: Blend, ensemble: {of: [Twin, Popular]}}`)
	alone := newBench(t)
	p := alone.plan(text)
	alone.mustRun(p)
	for _, jobs := range []int{1, 2} {
		b := newBench(t)
		store, _ := newStages(t)
		if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, Stages: store, Jobs: jobs}); err != nil || s.Failed > 0 {
			t.Fatalf("%+v, error %v", s, err)
		}
		made := 0
		for _, name := range []string{"Taste", "Twin"} {
			if f := b.recordOf(p, name).Fit; f == nil {
				t.Errorf("%d jobs: %s shares nothing", jobs, name)
			} else if f.Made {
				made++
			}
		}
		if all, err := store.List(); err != nil || len(all) != 1 || made != 1 {
			t.Errorf("%d jobs: made %d times, %+v, error %v", jobs, made, all, err)
		}
		if got, want := b.rankings(p), alone.rankings(p); got != want {
			t.Errorf("%d jobs: with the store the files are\n%s\nwithout\n%s", jobs, got, want)
		}
	}
}

func TestAShortTrainingLeavesNoModel(t *testing.T) {
	b := newBench(t)
	store, dir := newStages(t)
	if s, _, err := b.runWith(b.plan(fitPlan()), run.Options{Plugins: b.plugins, Stages: store}); err != nil || s.Failed > 0 {
		t.Fatalf("%+v, error %v", s, err)
	}
	if all, err := store.List(); err != nil || len(all) != 0 {
		t.Errorf("%+v, error %v", all, err)
	}
	for _, left := range []string{"work", "claims"} {
		if names, err := filepath.Glob(filepath.Join(dir, left, "*")); err != nil || len(names) > 0 {
			t.Errorf("%v is left, error %v", names, err)
		}
	}
}

// searchedPlan tries two configurations of two epochs, of which the second or the first is
// the best.
func searchedPlan(rates string) string {
	head := strings.Replace(described, "methods:", "search: {sampler: grid, metrics: [ndcg@10]}\nmethods:", 1)
	return head + `  - {name: Searched, recommender: {plugin: fakeepochs, train: {epochs: 2, rule: last}}, search: {space: {params.rate: {values: ` + rates + `}}}}
`
}

// TestASearchLeavesTheModelOfWhatItChose: the row that runs the best configuration takes it;
// those of the others are gone, whichever came first, and another search takes none.
func TestASearchLeavesTheModelOfWhatItChose(t *testing.T) {
	for _, rates := range []string{"[0.1, 0.00001]", "[0.00001, 0.1]"} {
		alone := newBench(t)
		want := alone.plan(searchedPlan(rates))
		alone.mustRun(want)
		store, _ := newStages(t)
		for folder := range 2 {
			b := newBench(t)
			p := b.plan(searchedPlan(rates))
			if trained := b.fitted(p, run.Options{Stages: store}); trained != 4 {
				t.Errorf("%s, folder %d: %d epochs are trained, expected those of the search, 4", rates, folder, trained)
			}
			if got := b.rankings(p); got != alone.rankings(want) {
				t.Errorf("%s, folder %d: with the store the files are\n%s\nwithout\n%s", rates, folder, got, alone.rankings(want))
			}
			if f := b.record(p, 0).Fit; f == nil || f.Made {
				t.Errorf("%s, folder %d: the row says %+v", rates, folder, f)
			}
			if all, err := store.List(); err != nil || len(all) != 1 || all[0].Key != p.Trials[0].TrainKey {
				t.Errorf("%s, folder %d: the store has %+v, error %v", rates, folder, all, err)
			}
		}
	}
}

func TestASearchOfFinetuningLeavesThatOfWhatItChose(t *testing.T) {
	b := newBench(t)
	store, _ := newStages(t)
	head, _, _ := strings.Cut(searchedPlan("[]"), "  - {name: Searched")
	p := b.plan(head + "  - " + strings.Replace(fmt.Sprintf(tower, ""), "{name: Tower,", "{name: Tower, search: {space: {finetune.mask: {values: [0.2, 0.4, 0.6]}}},", 1) + "\n")
	b.fitted(p, run.Options{Stages: store})
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]int{}
	for _, e := range all {
		what, _, _ := strings.Cut(e.About.What, " ")
		results[what]++
	}
	if fmt.Sprint(results) != "map[finetune:1 pretrain:1]" {
		t.Errorf("the store has %v", results)
	}
	if stages := stagesOf(t, b.record(p, 0)); len(stages) != 1 || stages[0].Stage != cllm4rec.StageFinetune || stages[0].Made {
		t.Errorf("the row took %+v", stages)
	}
}

func TestADamagedModelIsFittedAnew(t *testing.T) {
	store, dir := newStages(t)
	var want string
	for i, trained := range []int64{6, 6, 0} {
		b := newBench(t)
		p := b.plan(fitPlan())
		if got := b.fitted(p, run.Options{Stages: store}); got != trained {
			t.Errorf("run %d: %d epochs are trained, expected %d", i, got, trained)
		}
		if i == 0 {
			want = b.rankings(p)
			if err := os.WriteFile(filepath.Join(dir, p.Trials[0].TrainKey, "model.state"), []byte("spoiled"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.rankings(p); got != want {
			t.Errorf("run %d: the files are\n%s\nbefore the damage\n%s", i, got, want)
		}
	}
}

func TestATrainingThatIsStoppedGoesOnInAnotherFolder(t *testing.T) {
	store, _ := newStages(t)
	alone, first, second := newBench(t), newBench(t), newBench(t)
	p := alone.plan(fitPlan())
	alone.mustRun(p)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := run.Options{Plugins: first.plugins, Stages: store, Checkpoint: time.Nanosecond, WorthStoring: time.Nanosecond}
	stops := &watcher{seen: func(p contract.Progress) {
		if strings.HasPrefix(p.Stage, "train 4/") {
			cancel()
		}
	}}
	if _, err := first.watched(ctx, p, o, stops); err == nil {
		t.Fatal("the run was not stopped")
	}
	if trained := second.fitted(p, run.Options{Stages: store, Checkpoint: time.Nanosecond}); trained > 3 {
		t.Errorf("behind three epochs %d are trained", trained)
	}
	if got, want := second.rankings(p), alone.rankings(p); got != want {
		t.Errorf("after the stop the files are\n%s\nwithout\n%s", got, want)
	}
	if r := second.recordOf(p, "Taste"); r.Resumed != 1 || !r.Fit.Made {
		t.Errorf("the record says %d, %+v", r.Resumed, r.Fit)
	}
}

// stagesOf are the stages of pipelines that a record took or made.
func stagesOf(t *testing.T, r *record.Record) []cllm4rec.Taken {
	t.Helper()
	var report cllm4rec.Report
	if err := json.Unmarshal(r.Pipeline, &report); err != nil {
		t.Fatal(err)
	}
	return report.Stages
}

// endPlan has rows of one finetuning.
var endPlan = rows(simple, fmt.Sprintf(tower, ""), `{name: Jointly, base: Tower, cllm4rec: {joint: {with: Popular, gamma: 3, lr: 0.05}}}`)

func TestRowsOfOneFinetuningTrainItOnce(t *testing.T) {
	alone := newBench(t)
	p := alone.plan(endPlan)
	alone.mustRun(p)
	b := newBench(t)
	store, _ := newStages(t)
	predicted, err := b.forecast(p).Savings(store.Has)
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, Stages: store}); err != nil || s.Failed > 0 {
		t.Fatalf("%+v, error %v", s, err)
	}
	if got, want := b.rankings(p), alone.rankings(p); got != want {
		t.Errorf("with the store the files are\n%s\nwithout\n%s", got, want)
	}
	stages := stagesOf(t, b.recordOf(p, "Jointly"))
	if len(stages) != 1 || stages[0].Stage != "finetune" || stages[0].Made {
		t.Errorf("Jointly has %+v", stages)
	}
	listed := ""
	for _, s := range predicted.Stages {
		listed += fmt.Sprintln(s.What, s.Trials)
	}
	const want = "pretrain by fakelm on Two tastes, seed 1 2\nfinetune by fakelm on Two tastes, seed 1 2\n"
	if listed != want || predicted.Share() < 0.3 {
		t.Errorf("predicted %.2f of\n%s", predicted.Share(), listed)
	}
	if all, err := store.List(); err != nil || len(all) != 2 {
		t.Errorf("%+v, error %v", all, err)
	}
}

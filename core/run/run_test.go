package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

func fakes() []contract.Plugin {
	return []contract.Plugin{contracttest.NewFakeDataset(), contracttest.NewFakeRecommender(), contracttest.NewFakeBackbone(), contracttest.NewFakeEpochs(), newTrainer(), newWords(), newParted()}
}

func TestMain(m *testing.M) {
	if os.Getenv(envKillTest) != "" {
		os.Exit(hostToBeKilled())
	}
	contracttest.Main(m, fakes()...)
}

// twoTastes are the data of most plans.
const twoTastes = `
datasets:
  - name: Two tastes
    plugin: fakedata
    params: {users: 24, items: 24, per_user: 8}
    split: {method: ratio, validation: 0.15, test: 0.15}`

const plan = `
name: fakes
seeds: [1, 2]` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - {name: Popular, recommender: {plugin: fakerec}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm}
      warmup: {epochs: 1}
      pretrain: {epochs: 2, lr: 0.05}
      finetune: {epochs: 2, lr: 0.05}
      select: {metrics: [recall@5]}
  - {name: LLM-CF, base: CLLM4Rec, cllm4rec: {content: false}}
table: {against: Popular}
`

// watcher remembers what a run told.
type watcher struct {
	started, cached, failed []string
	unreadable              []string
	progress, read          atomic.Int64
	seen                    func(contract.Progress) // of any trial; nil: nobody looks
}

func (w *watcher) Note(string)              {}
func (w *watcher) Planned(*experiment.Plan) {}
func (w *watcher) Reading(string) contract.OnProgress {
	return func(contract.Progress) { w.read.Add(1) }
}
func (w *watcher) Started(e run.Event, _ *progress.Tracker) contract.OnProgress {
	w.started = append(w.started, fmt.Sprintf("%s %d", e.Method, e.Trial.Seed))
	return func(p contract.Progress) {
		w.progress.Add(1)
		if w.seen != nil {
			w.seen(p)
		}
	}
}
func (w *watcher) Cached(e run.Event, _ record.Head) {
	w.cached = append(w.cached, fmt.Sprintf("%s %d", e.Method, e.Trial.Seed))
}
func (w *watcher) Unreadable(dataset string, trials int, why error) {
	w.unreadable = append(w.unreadable, fmt.Sprintf("%s %d: %v", dataset, trials, why))
}
func (w *watcher) Ended(e run.Event, rec *record.Record) {
	if rec.Status == record.Failed {
		w.failed = append(w.failed, fmt.Sprintf("%s %d", e.Method, e.Trial.Seed))
	}
}

// bench is a folder of records and real plugin processes.
type bench struct {
	t       *testing.T
	plugins *run.Host
	out     string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	plugins, err := run.NewHost(contracttest.Host(t, host.Options{Threads: 1}, fakes()...))
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, plugins, filepath.Join(t.TempDir(), "out")}
}

func (b *bench) plan(text string) *experiment.Plan {
	b.t.Helper()
	p, err := experiment.Parse(b.t.Context(), "fakes.yaml", []byte(text), experiment.Options{Plugins: b.plugins})
	if err != nil {
		b.t.Fatal(err)
	}
	b.plugins.Release(b.t.Context())
	return p
}

func (b *bench) run(p *experiment.Plan) (run.Summary, *watcher, error) {
	b.t.Helper()
	return b.runWith(p, run.Options{Plugins: b.plugins})
}

func (b *bench) runWith(p *experiment.Plan, o run.Options) (run.Summary, *watcher, error) {
	b.t.Helper()
	return b.runIn(b.t.Context(), p, o)
}

func (b *bench) runIn(ctx context.Context, p *experiment.Plan, o run.Options) (run.Summary, *watcher, error) {
	b.t.Helper()
	w := &watcher{}
	s, err := b.watched(ctx, p, o, w)
	return s, w, err
}

func (b *bench) watched(ctx context.Context, p *experiment.Plan, o run.Options, w *watcher) (run.Summary, error) {
	b.t.Helper()
	store, err := record.Open(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	o.Store, o.Watch, o.Threads, o.Program = store, w, 1, "test"
	return run.Run(ctx, p, o)
}

func (b *bench) mustRun(p *experiment.Plan) (run.Summary, *watcher) {
	b.t.Helper()
	s, w, err := b.run(p)
	if err != nil {
		b.t.Fatal(err)
	}
	return s, w
}

func (b *bench) record(p *experiment.Plan, trial int) *record.Record {
	b.t.Helper()
	store, err := record.View(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	rec, err := store.Load(p.Trials[trial].Key)
	if err != nil {
		b.t.Fatal(err)
	}
	return rec
}

// storedPlan is the plan that was run last in a folder.
func storedPlan(t *testing.T, out string) *experiment.Plan {
	t.Helper()
	var p experiment.Plan
	store, err := record.View(out)
	if err == nil {
		var f record.PlanFile
		if f, err = store.FindPlan(""); err == nil {
			err = f.Load(&p)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func (b *bench) table(p *experiment.Plan, f report.Format) string {
	b.t.Helper()
	store, err := record.View(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := report.Build(p, store, report.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Write(&text, f, report.Screen{AllNotes: true}); err != nil {
		b.t.Fatal(err)
	}
	return text.String()
}

func TestARunFillsTheTableAndIsNotRepeated(t *testing.T) {
	b := newBench(t)
	p := b.plan(plan)
	s, w := b.mustRun(p)
	if s.Done != 6 || s.Failed != 0 || s.Cached != 0 || w.progress.Load() == 0 || w.read.Load() == 0 {
		t.Fatalf("got %+v %+v", s, w)
	}
	first := b.table(p, report.CSV)
	if n := strings.Count(first, "\n"); n != 1+3*2 {
		t.Errorf("the table has %d lines:\n%s", n, first)
	}
	if s, w = b.mustRun(p); s.Cached != 6 || len(w.started) != 0 {
		t.Errorf("a second run ran again: %+v %+v", s, w)
	}
	if again := b.table(p, report.CSV); again != first {
		t.Errorf("the table changed:\n%s\n%s", first, again)
	}
	if left, _ := filepath.Glob(filepath.Join(b.out, "trials", "*", "work")); len(left) > 0 {
		t.Errorf("work folders stay: %v", left)
	}
}

// variants are rows of the paper's table over one base.
const variants = `
  - {name: LLM-FtAll, base: CLLM4Rec, cllm4rec: {train: {mode: all}}}
  - {name: LLM-Scratch, base: CLLM4Rec, cllm4rec: {train: {mode: all, scratch: true}}}
  - {name: LoRA, base: CLLM4Rec, cllm4rec: {train: {mode: lora, lora: {rank: 2}}, optimiser: {clip: 1, schedule: cosine}}}
  - {name: LLM-PreRec, base: CLLM4Rec, cllm4rec: {finetune: {epochs: 0}}}
  - name: T5-PreRec
    base: LLM-PreRec
    cllm4rec: {backbone: {params: {separate: true}}}
`

func TestVariantsAreAFewLinesOverOneBase(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.NewReplacer("seeds: [1, 2]", "seeds: [1]", "\ntable:", variants+"table:").Replace(plan))
	s, w := b.mustRun(p)
	if s.Done != 8 || s.Failed != 0 {
		t.Fatalf("got %+v %+v", s, w)
	}
	results := map[string]string{}
	for i, method := range p.Methods {
		means := fmt.Sprint(b.record(p, i).Result("test").Means)
		// The fake reads prompt and main text alike, in one or apart.
		if other, taken := results[means]; taken != (method.Name == "T5-PreRec") {
			t.Errorf("%s has the result %s, %q the same", method.Name, means, other)
		}
		results[means] = method.Name
	}
	var stored cllm4rec.Report
	if err := json.Unmarshal(b.record(p, 5).Pipeline, &stored); err != nil {
		t.Fatal(err)
	}
	want := cllm4rec.TrainSettings{Mode: contract.TrainLoRA, LoRA: cllm4rec.LoRASettings{Rank: 2, Alpha: 2, Targets: []string{"attention", "feed_forward"}}}
	if got := stored.Settings.Train; !reflect.DeepEqual(got, want) || stored.Settings.Optimiser.Clip != 1 {
		t.Errorf("the record of LoRA has %+v", stored.Settings)
	}
}

func TestARecordHasItsProvenance(t *testing.T) {
	b := newBench(t)
	p := b.plan(plan)
	b.mustRun(p)
	rec := b.record(p, 1)
	if rec.Method != "CLLM4Rec" || rec.Dataset != "Two tastes" || rec.Seed != 1 || len(rec.Plugins) != 2 || len(rec.Pipeline) == 0 {
		t.Errorf("got %+v", rec)
	}
	if rec.Plugins[1].Checksum != p.Methods[1].Plugin.Checksum || len(rec.Plugins[1].Checksum) != 64 || rec.Plugins[1].PeakRSS == 0 {
		t.Errorf("plugin: %+v", rec.Plugins[1])
	}
	if rec.Data.Fingerprint == "" || rec.Data.Texts == 0 || len(rec.Data.Audit) == 0 || rec.Environment.Model == "" || rec.Versions.Program != "test" {
		t.Errorf("data %+v, environment %+v, versions %+v", rec.Data, rec.Environment, rec.Versions)
	}
	if rec.Result("validation") == nil || rec.Result("test") == nil || rec.Times.Train <= 0 {
		t.Errorf("results %+v, times %+v", rec.Results, rec.Times)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	one, two := newBench(t), newBench(t)
	p := one.plan(plan)
	one.mustRun(p)
	two.mustRun(two.plan(strings.Replace(plan, "evaluate: {", "evaluate: {batch: 3, ", 1)))
	for _, trial := range p.Trials {
		for _, file := range []string{"users-test.csv.gz", "ranking-test.parquet", "ranking-validation.parquet"} {
			name := filepath.Join("trials", trial.Key, file)
			a, errA := os.ReadFile(filepath.Join(one.out, name))
			c, errC := os.ReadFile(filepath.Join(two.out, name))
			if errA != nil || errC != nil || !slices.Equal(a, c) {
				t.Errorf("%s differs between two runs (%v, %v)", name, errA, errC)
			}
		}
	}
}

func TestACrashIsOneFailedCellAndIsTriedAgain(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(plan, "backbone: {plugin: fakelm}", "backbone: {plugin: fakelm, params: {die_at: 3}}", 1)
	text = strings.Replace(text, "methods:\n", "methods:\n  - {name: Doomed, recommender: {plugin: fakerec, params: {die_at: 1}}}\n", 1)
	p := b.plan(text)
	s, _ := b.mustRun(p)
	if s.Failed != 4 || s.Done != 4 || !errors.Is(s.Err, contract.ErrDied) {
		t.Fatalf("got %+v", s)
	}
	rec := b.record(p, 0)
	if rec.Status != record.Failed || !strings.Contains(rec.Error, "died") || !slices.ContainsFunc(rec.StderrTail, func(l string) bool { return strings.Contains(l, "kills its process as asked") }) {
		t.Errorf("got %q, stderr tail %q", rec.Error, rec.StderrTail)
	}
	if table := b.table(p, report.Markdown); !strings.Contains(table, "| Doomed | failed | failed |") || !strings.Contains(table, "Doomed, seed 1, and 1 more failed: ") {
		t.Errorf("the table hides the failure:\n%s", table)
	}
	if s, w := b.mustRun(p); s.Cached != 4 || len(w.started) != 4 {
		t.Errorf("failed trials were not tried again: %+v %+v", s, w)
	}
}

func TestAFailingDatasetFailsItsTrialsOnly(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(plan, "evaluate:", "  - {name: Broken, plugin: fakedata, params: {fail_at: 2}, split: {method: ratio, validation: 0.1, test: 0.1}}\nevaluate:", 1)
	p := b.plan(text)
	s, w := b.mustRun(p)
	if s.Done != 6 || s.Failed != 6 || !contract.IsBadInput(s.Err) {
		t.Errorf("got %+v", s)
	}
	if len(w.unreadable) != 1 || !strings.HasPrefix(w.unreadable[0], "Broken 6: ") || len(w.failed) > 0 {
		t.Errorf("it was not told once: %v, %v", w.unreadable, w.failed)
	}
	if table := b.table(p, report.Markdown); strings.Count(table, "Popular, seed 1, and 5 more failed: ") != 1 {
		t.Errorf("the table repeats it or hides it:\n%s", table)
	}
}

func TestADamagedRecordEndsTheRunBeforeAnyWork(t *testing.T) {
	b := newBench(t)
	p := b.plan(plan)
	b.mustRun(p)
	path := filepath.Join(b.out, "trials", p.Trials[2].Key, "record.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, w, err := b.run(p)
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || len(w.started) > 0 {
		t.Errorf("got %v, started %v", err, w.started)
	}
}

func TestRecordsOfOtherDataAreNotReused(t *testing.T) {
	b := newBench(t)
	p := b.plan(plan)
	b.mustRun(p)
	path := filepath.Join(b.out, "trials", p.Trials[0].Key, "record.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(raw), b.record(p, 0).Data.Fingerprint, strings.Repeat("0", 64), 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.run(p); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("got %v", err)
	}
}

func TestAnEndedContextLeavesNoRecordOfItsTrial(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(plan, "{plugin: fakerec}", "{plugin: fakerec, params: {delay: 60000}}", 1))
	store, err := record.Open(b.out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	w := &stopper{cancel: cancel}
	_, err = run.Run(ctx, p, run.Options{Store: store, Plugins: b.plugins, Watch: w, Threads: 1})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := store.Load(p.Trials[0].Key); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// stopper ends the run as soon as the first trial has started.
type stopper struct {
	watcher
	cancel func()
}

func (s *stopper) Started(run.Event, *progress.Tracker) contract.OnProgress {
	s.cancel()
	return nil
}

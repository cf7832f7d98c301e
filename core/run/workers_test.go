package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

// worker is what one of several processes did.
type worker struct {
	watcher
	summary run.Summary
	err     error
}

// together runs a plan in a folder as several processes would: each with a plan, a store and
// claims of its own.
func (b *bench) together(text string, o ...run.Options) []*worker {
	b.t.Helper()
	var all []*worker
	var group sync.WaitGroup
	for _, o := range o {
		w, p := &worker{}, b.plan(text)
		store, err := record.Open(b.out)
		if err != nil {
			b.t.Fatal(err)
		}
		o.Store, o.Watch, o.Threads = store, w, 1
		group.Go(func() {
			w.summary, w.err = run.Run(b.t.Context(), p, o)
			_ = store.Close()
		})
		all = append(all, w)
	}
	group.Wait()
	return all
}

// started are the trials that any of the workers started, sorted.
func started(workers []*worker) (all []string) {
	for _, w := range workers {
		all = append(all, w.started...)
	}
	slices.Sort(all)
	return all
}

func (b *bench) checkWorkers(workers []*worker, total int) {
	t := b.t
	t.Helper()
	for i, w := range workers {
		if s := w.summary; w.err != nil || s.Done+s.Cached+s.Failed != total {
			t.Errorf("worker %d: %+v, error %v; expected an end of all %d trials", i, s, w.err, total)
		}
	}
	if all := started(workers); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("something was done twice: %q", all)
	}
	if left, err := filepath.Glob(filepath.Join(b.out, "claims", "*")); err != nil || len(left) != 0 {
		t.Errorf("claims %v are left, error %v", left, err)
	}
}

func TestWorkersShareTheTrialsOfAFolderAndEndWithTheSameTable(t *testing.T) {
	alone, b := newBench(t), newBench(t)
	p := alone.plan(plan)
	alone.mustRun(p)
	one := run.Options{Plugins: b.plugins}
	workers := b.together(plan, one, one, one)
	b.checkWorkers(workers, 6)
	if n := len(started(workers)); n != 6 {
		t.Errorf("%d trials were started", n)
	}
	if got, want := b.table(p, report.CSV), alone.table(p, report.CSV); got != want {
		t.Errorf("together:\n%s\nalone:\n%s", got, want)
	}
}

// Both workers must be at work at the same time for any of the pairs to start.
func TestWorkersTakeTheNextTrialThatNobodyHas(t *testing.T) {
	b := newBench(t)
	meet := run.Options{Plugins: meeting{b.plugins, make(chan struct{})}}
	workers := b.together(popular(""), meet, meet)
	b.checkWorkers(workers, 2)
	for i, w := range workers {
		if w.summary.Done != 1 {
			t.Errorf("worker %d: %+v", i, w.summary)
		}
	}
}

func TestATrialWaitsForThoseOfOtherWorkersThatItNeeds(t *testing.T) {
	b := newBench(t)
	one := run.Options{Plugins: b.plugins}
	b.checkWorkers(b.together(needsPlan, one, one), 4)
}

func TestAFailureIsNotRepeatedByTheOtherWorkers(t *testing.T) {
	b := newBench(t)
	one := run.Options{Plugins: b.plugins}
	text := popular("  - {name: Doomed, recommender: {plugin: fakerec, params: {die_at: 1}}}\n")
	workers := b.together(text, one, one)
	b.checkWorkers(workers, 4)
	for i, w := range workers {
		if w.summary.Failed != 2 || w.summary.Err == nil || !strings.Contains(w.summary.Err.Error(), "Doomed on Two tastes, seed ") {
			t.Errorf("worker %d: %+v", i, w.summary)
		}
	}
	again, _ := b.mustRun(b.plan(text))
	if again.Cached != 2 || again.Failed != 2 {
		t.Errorf("a later run: %+v", again)
	}
}

func TestWorkersShareSearches(t *testing.T) {
	b := newBench(t)
	one := run.Options{Plugins: b.plugins}
	workers := b.together(searchPlan, one, one)
	for i, w := range workers {
		if s := w.summary; w.err != nil || s.Failed != 0 || s.Done+s.Cached != 6 {
			t.Errorf("worker %d: %+v, error %v", i, s, w.err)
		}
	}
	searched := 0
	for _, name := range started(workers) {
		if strings.Contains(name, "(search)") {
			searched++
		}
	}
	if searched != 3 {
		t.Errorf("%d configurations were run: %q", searched, started(workers))
	}
	if p := storedPlan(t, b.out); len(p.Choices) != 1 || len(p.Trials) != 6 {
		t.Errorf("%d choices, %d trials", len(p.Choices), len(p.Trials))
	}
}

// waiter tells when its run waits for another.
type waiter struct {
	watcher
	waits chan string
}

func (w *waiter) Note(text string) {
	if strings.HasPrefix(text, "waiting for ") {
		w.waits <- text
	}
}

func TestATrialWhoseProcessWasKilledIsTakenOverByTheOneThatWaits(t *testing.T) {
	b := newBench(t)
	slow := strings.Replace(popular(""), "{plugin: fakerec}", "{plugin: fakerec, params: {delay: 60000}}", 1)
	victim := b.victim(slow)
	waitFor(t, "the slow trial", func() bool { return len(found(t, b.out, "work")) == 1 })
	w := &waiter{waits: make(chan string, 9)}
	// The delay is in the keys: this run asks for the victim's trials.
	p := b.plan(slow)
	p.Trials = p.Trials[:1]
	ended := make(chan run.Summary, 1)
	go func() {
		store, err := record.Open(b.out)
		if err != nil {
			t.Error(err)
			return
		}
		s, err := run.Run(t.Context(), p, run.Options{Store: store, Plugins: undelayed{b.plugins}, Watch: w, Threads: 1})
		if err != nil {
			t.Error(err)
		}
		ended <- s
	}()
	if got := <-w.waits; !strings.Contains(got, fmt.Sprintf("Popular on Two tastes, seed 1, which is held by process %d on ", victim.Process.Pid)) {
		t.Errorf("got %q", got)
	}
	kill(t, victim)
	if s := <-ended; s.Done != 1 || len(w.started) != 1 {
		t.Errorf("got %+v, started %q", s, w.started)
	}
}

// undelayed starts the fake recommender without its delay.
type undelayed struct{ run.Launcher }

func (i undelayed) Recommender(ctx context.Context, name string, _ json.RawMessage) (*host.Running[contract.Recommender], error) {
	return i.Launcher.Recommender(ctx, name, json.RawMessage(`{}`))
}

// The claim's clock is an hour off, either way: only that it does not change counts.
func TestATrialOfAMachineThatDiedIsTakenOverWhateverItsClock(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		b := newBench(t)
		p := b.plan(popular(""))
		store, err := record.OpenWith(b.out, claim.Options{Stale: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(b.out, "claims", p.Trials[0].Key+".1")
		dead, err := json.Marshal(claim.Holder{ID: "theirs", Host: "node7", PID: 1, Since: time.Now().Add(off), Place: "far away"})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, dead, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now().Add(off), time.Now().Add(off)); err != nil {
			t.Fatal(err)
		}
		s, err := run.Run(t.Context(), p, run.Options{Store: store, Plugins: b.plugins, Watch: &watcher{}, Threads: 1})
		if err != nil || s.Done != 2 {
			t.Errorf("clock off by %s: %+v, error %v", off, s, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// newer is a catalogue of plugins that are a version ahead, whose numbers may differ.
type newer struct{ experiment.Catalogue }

func (n newer) Describe(ctx context.Context, kind contract.Kind, name string) (experiment.Plugin, error) {
	p, err := n.Catalogue.Describe(ctx, kind, name)
	p.Semantics++
	return p, err
}

func TestTwoVersionsShareAFolderAndEachFindsItsOwnTrials(t *testing.T) {
	b := newBench(t)
	p := b.plan(popular(""))
	other, err := experiment.Parse(t.Context(), "fakes.yaml", []byte(popular("")), experiment.Options{Plugins: newer{b.plugins}})
	if err != nil {
		t.Fatal(err)
	}
	b.mustRun(p)
	if s, w := b.mustRun(other); s.Done != 2 || len(w.cached) != 0 {
		t.Errorf("the other version: %+v, found %q", s, w.cached)
	}
	for _, p := range []*experiment.Plan{p, other} {
		if s, _ := b.mustRun(p); s.Cached != 2 {
			t.Errorf("again: %+v", s)
		}
	}
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	if plans, err := store.Plans(); err != nil || len(plans) != 2 {
		t.Errorf("plans %v, error %v", plans, err)
	}
}

// Such as a full disk or a machine that went down leaves it.
func TestARunSaysThatItWaitsForAClaimWhichNamesNobody(t *testing.T) {
	b := newBench(t)
	p := b.plan(popular(""))
	p.Trials = p.Trials[:1]
	store, err := record.OpenWith(b.out, claim.Options{Stale: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.out, "claims", p.Trials[0].Key+".1")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := &waiter{waits: make(chan string, 9)}
	s, err := run.Run(t.Context(), p, run.Options{Store: store, Plugins: b.plugins, Watch: w, Threads: 1})
	if err != nil || s.Done != 1 {
		t.Errorf("%+v, error %v", s, err)
	}
	close(w.waits)
	if got, want := <-w.waits, "seed 1, which is held by a process that does not stand in "+path; !strings.Contains(got, want) {
		t.Errorf("it said %q, expected %q in it", got, want)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

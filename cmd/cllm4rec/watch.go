package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/printable"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/rs/zerolog"
)

// watch shows how a run goes: lines that are drawn anew on a terminal, else log lines. What
// runs is also written beside the records, for `cllm4rec watch` elsewhere.
type watch struct {
	app   *app
	log   zerolog.Logger
	all   *progress.Experiment
	store *record.Store // nil: nothing is written

	mu      sync.Mutex
	running []*following
	stop    chan struct{}
	over    sync.WaitGroup
}

// following is a trial under way.
type following struct {
	key     string
	row     progress.Row
	seed    uint64
	tracker *progress.Tracker
	began   time.Time
	shown   time.Time // of the last log line
	kept    time.Time // when it was last written
}

func (f *following) now() progress.Running {
	return progress.Running{Row: f.row, Seed: f.seed, Snapshot: f.tracker.Snapshot()}
}

func (a *app) newWatch(jobs int) *watch {
	return &watch{app: a, log: a.log, all: progress.NewExperiment(jobs)}
}

// open begins to show and to write what runs; close ends it.
func (w *watch) open(store *record.Store) {
	w.store, w.stop = store, make(chan struct{})
	w.app.screen.Show(w.lines)
	w.over.Add(1)
	go w.looking(w.stop)
}

func (w *watch) close() {
	close(w.stop)
	w.over.Wait()
	for _, f := range w.running { // of a run that was stopped
		w.forget(f.key)
	}
}

// looking tells of what runs from time to time.
func (w *watch) looking(stop <-chan struct{}) {
	defer w.over.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-tick.C:
			w.tell(now)
			w.keep(now)
		}
	}
}

// lines are what a terminal shows.
func (w *watch) lines(width int) []string {
	running := w.snapshots()
	return progress.Lines(w.all.State(running), running, width)
}

// snapshots are those of the trials under way, in their order.
func (w *watch) snapshots() []progress.Running {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snapshotsLocked()
}

func (w *watch) snapshotsLocked() []progress.Running {
	all := make([]progress.Running, len(w.running))
	for i, f := range w.running {
		all[i] = f.now()
	}
	return all
}

// tell logs lines of the trials whose turn it is, where there is no terminal.
func (w *watch) tell(now time.Time) {
	if w.app.screen.live {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	running := w.snapshotsLocked() // of the trials below, none of which ends meanwhile
	for i, f := range w.running {
		if now.Sub(f.shown) >= pause(now.Sub(f.began)) {
			f.shown = now
			w.log.Info().Msg(progress.Line(w.all.State(running), running[i]))
		}
	}
}

// pause is how long a log is left alone about a trial: a tenth of its time so far, from ten
// seconds to five minutes.
func pause(since time.Duration) time.Duration { return min(max(since/10, lineEvery), 5*time.Minute) }

// keepEvery is the time between two states of a trial on disk.
const keepEvery = 2 * time.Second

// keep writes how far the trials are. That it fails costs only those who look on.
func (w *watch) keep(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.running {
		if now.Sub(f.kept) < keepEvery {
			continue
		}
		f.kept = now
		if err := w.store.SaveProgress(f.key, f.now()); err != nil {
			w.log.Debug().Msg(err.Error())
		}
	}
}

func (w *watch) forget(key string) {
	if w.store == nil {
		return
	}
	if err := w.store.EndProgress(key); err != nil {
		w.log.Debug().Msg(err.Error())
	}
}

func (w *watch) Note(text string) { w.log.Info().Msg(text) }

// Reading tells every few seconds how far the reading is.
func (w *watch) Reading(dataset string) contract.OnProgress {
	w.log.Info().Msg("reading data set " + printable.Line(dataset))
	m := &meter{log: w.log, title: printable.Line(dataset), shown: time.Now(), since: time.Now()}
	return m.report
}

// Planned counts what there is to do of each row.
func (w *watch) Planned(plan *experiment.Plan) { planned(w.all, plan) }

// planned counts the trials of each row of a plan, and the configurations of searches that
// are not over.
func planned(all *progress.Experiment, plan *experiment.Plan) {
	counts := map[progress.Row]int{}
	for _, t := range plan.Trials {
		if plan.Selected(t.Method) {
			counts[rowOf(plan, t.Dataset, t.Method)]++
		}
	}
	for d := range plan.Datasets {
		for m, method := range plan.Methods {
			if !plan.Selected(m) {
				continue
			}
			row := rowOf(plan, d, m)
			if counts[row] == 0 && plan.Waits(d, m) {
				counts[row] = len(plan.Seeds)
			}
			if row.Search = true; method.Search != nil {
				counts[row] = method.Search.Trainings()
			}
			if slices.ContainsFunc(plan.Choices, func(c experiment.Choice) bool { return c.Dataset == d && c.Method == m }) {
				counts[row] = 0
			}
		}
	}
	for row, n := range counts {
		all.Plan(row, n)
	}
}

func rowOf(plan *experiment.Plan, dataset, method int) progress.Row {
	return progress.Row{Dataset: plan.Datasets[dataset].Label(), Method: plan.Methods[method].Name}
}

func rowOfEvent(e run.Event) progress.Row {
	return progress.Row{Dataset: e.Dataset, Method: strings.TrimSuffix(e.Method, run.SearchSuffix), Search: e.Search}
}

func (w *watch) Cached(e run.Event, head record.Head) {
	w.all.Finished(rowOfEvent(e), head.Wall())
	w.event(w.log.Info(), e).Msg("finished earlier")
}

func (w *watch) Started(e run.Event, t *progress.Tracker) contract.OnProgress {
	level := zerolog.InfoLevel
	if w.app.screen.live {
		level = zerolog.DebugLevel // its line shows it
	}
	w.event(w.log.WithLevel(level), e).Msg("started")
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = append(w.running, &following{key: e.Trial.Key, row: rowOfEvent(e), seed: e.Trial.Seed, tracker: t, began: now, shown: now})
	return nil
}

func (w *watch) Ended(e run.Event, rec *record.Record) {
	w.mu.Lock()
	w.running = slices.DeleteFunc(w.running, func(f *following) bool { return f.key == e.Trial.Key })
	w.mu.Unlock()
	w.forget(e.Trial.Key)
	if rec.Status == record.Failed {
		w.all.Failed(rowOfEvent(e))
		w.event(w.log.Error(), e).Msg("failed: " + printable.Text(rec.Error))
		return
	}
	w.all.Finished(rowOfEvent(e), rec.Finished.Sub(rec.Started))
	line := w.event(w.log.Info(), e).Str("train", took(rec.Times.Train)).Str("rank", took(rec.Times.Rank))
	if r := cmp.Or(rec.Result(string(contract.PartTest)), rec.Result(string(contract.PartValidation))); r != nil {
		for _, metric := range slices.Sorted(maps.Keys(r.Means)) {
			line = line.Str(metric, fmt.Sprintf("%.4f", r.Means[metric]))
		}
	}
	line.Msg("finished")
}

func (w *watch) Unreadable(dataset string, trials int, why error) {
	w.all.Lost(dataset)
	w.log.Error().Str("data", dataset).Int("trials", trials).Msg("failed: " + printable.Text(why.Error()))
}

// event names a trial, and where there is no terminal how far the experiment is.
func (w *watch) event(line *zerolog.Event, e run.Event) *zerolog.Event {
	if !w.app.screen.live {
		s := w.all.State(w.snapshots())
		line = line.Str("all", s.String())
	}
	return line.Str("trial", fmt.Sprintf("%d/%d", e.Number, e.Total)).Str("method", e.Method).Str("data", e.Dataset).Uint64("seed", e.Trial.Seed)
}

func took(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
}

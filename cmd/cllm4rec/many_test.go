package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// many is an experiment of so many methods and seeds on 1,000 users.
func many(methods, seeds int) string {
	text := "name: many\nseeds: [1"
	for s := 2; s <= seeds; s++ {
		text += fmt.Sprintf(",%d", s)
	}
	text += "]\ndatasets: [{name: Tastes, plugin: fakedata, params: {users: 1000}, split: {method: ratio, validation: 0.2, test: 0.2}}]\nmethods:\n"
	for m := range methods {
		text += fmt.Sprintf("  - {name: Weight %d, recommender: {plugin: fakerec, params: {weight: %d}}}\n", m, m+1)
	}
	return text
}

// finished makes a folder in which every trial of an experiment has a record: the first
// one's, as the others would have it.
func (s *shell) finished(methods, seeds int) (plan, out string) {
	s.t.Helper()
	out = filepath.Join(s.dir, "many")
	s.expect(exitDone, "run", s.file("one.yaml", many(1, 1)), "--out", out)
	plan = s.file("many.yaml", many(methods, seeds))
	plugins, err := run.NewHost(contracttest.Host(s.t, host.Options{Threads: 1}, fakes()...))
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := experiment.Load(s.t.Context(), plan, experiment.Options{Plugins: plugins})
	if err != nil {
		s.t.Fatal(err)
	}
	store, err := record.View(out)
	if err != nil {
		s.t.Fatal(err)
	}
	first, err := store.Load(p.Trials[0].Key)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, t := range p.Trials[1:] {
		if err := s.copied(store, *first, p, t); err != nil {
			s.t.Fatal(err)
		}
	}
	return plan, out
}

// copied gives a trial the record and the files of another one.
func (s *shell) copied(store *record.Store, rec record.Record, p *experiment.Plan, t experiment.Trial) error {
	content, err := p.Content(t)
	if err != nil {
		return err
	}
	from := store.Folder(rec.Key)
	rec.Key, rec.TrainKey, rec.Seed, rec.Method = t.Key, t.TrainKey, t.Seed, p.Methods[t.Method].Name
	if rec.Trial, err = json.Marshal(content); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return err
	}
	to := store.Folder(rec.Key)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, r := range rec.Results {
		for _, name := range []string{r.PerUser.Name, r.Ranking.Name} {
			if err := os.Link(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(to, "record.json"), raw, 0o644)
}

// BenchmarkTenThousandTrials times what is asked of a folder with a record of each of 10,000
// trials on 1,000 users. Floor: 10,000 calls of stat, and reading the plan and the index.
func BenchmarkTenThousandTrials(b *testing.B) {
	s := newShell(b)
	plan, out := s.finished(10, 1000)
	time.Sleep(4 * time.Second) // until the records' files have been left alone for long enough to be trusted
	b.Run("run without an index", func(b *testing.B) {
		defer processorTime(b)()
		for b.Loop() {
			s.nothingToDo(plan, out)
			if err := os.Remove(filepath.Join(out, "index.json")); err != nil {
				b.Fatal(err)
			}
		}
	})
	s.nothingToDo(plan, out)
	b.Run("run", func(b *testing.B) {
		defer processorTime(b)()
		for b.Loop() {
			s.nothingToDo(plan, out)
		}
	})
	b.Run("table of means", func(b *testing.B) {
		defer processorTime(b)()
		for b.Loop() {
			s.expect(exitDone, "table", out, "--means")
		}
	})
}

// nothingToDo lets a run find that every trial is finished, without the table.
func (s *shell) nothingToDo(file, out string) {
	s.t.Helper()
	a := newApp(io.Discard, io.Discard)
	a.plugins, a.screen, a.log = []string{s.plugins}, newScreen(io.Discard, false), zerolog.Nop()
	err := a.withPlan(s.t.Context(), file, true, func(plan *experiment.Plan, plugins *run.Host) error {
		store, err := record.Open(out)
		if err != nil {
			return err
		}
		summary, err := run.Run(s.t.Context(), plan, run.Options{Store: store, Plugins: plugins, Watch: a.newWatch(1)})
		if err == nil && summary.Cached != len(plan.Trials) {
			err = fmt.Errorf("%+v", summary)
		}
		return errors.Join(err, store.Close())
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// processorTime reports what this process computes from now until the function that it
// returns is called, which other work on the machine hardly changes.
func processorTime(b *testing.B) (report func()) {
	spent := func() float64 {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	before := spent()
	return func() { b.ReportMetric((spent()-before)/float64(b.N), "cpu-s/op") }
}

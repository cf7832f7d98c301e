package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/rs/zerolog"
)

func TestWatchSaysHowFarTheTrialsOfAFolderAre(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	if stdout, _ := s.expect(exitDone, "watch", out); stdout != "100%  ETA 0s  2 of 2 trials done, 0 running\n" {
		t.Errorf("got %q", stdout)
	}
	store, err := record.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	c, err := store.Claim("0123456789ab") // of another run in this folder
	if err != nil {
		t.Fatal(err)
	}
	r := progress.Running{Row: progress.Row{Dataset: "Tastes", Method: "Heavy"}, Seed: 3}
	r.Snapshot = progress.Snapshot{Share: .25, Stage: "fit", Left: progress.Left{Known: true, Time: time.Hour}, At: time.Now()}
	if err := store.SaveProgress("0123456789ab", r); err != nil {
		t.Fatal(err)
	}
	want := "ETA 1h 00m  2 of 3 trials done, 1 running\nHeavy  Tastes  seed 3  [=====---------------]  25%  ETA 1h 00m  fit\n"
	if stdout, _ := s.expect(exitDone, "watch", out); !strings.HasSuffix(stdout, want) {
		t.Errorf("got %q", stdout)
	}
	r.At = time.Now().Add(-5 * time.Minute)
	if err := store.SaveProgress("0123456789ab", r); err != nil {
		t.Fatal(err)
	}
	if stdout, _ := s.expect(exitDone, "watch", out); !strings.Contains(stdout, "ETA unknown  no word for 5m 00s: fit") {
		t.Errorf("got %q", stdout)
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	s.expect(exitDone, "run", plan, "--out", out) // removes what nobody has
	if there, err := store.LoadProgress("0123456789ab", &r); there || err != nil {
		t.Errorf("the word of a run that has gone is still there, or %v", err)
	}
}

// In a log every line of progress has the share and the time that is left.
func TestALogHasALineOfEachTrialFromTimeToTime(t *testing.T) {
	var out bytes.Buffer
	a := newApp(&out, &out)
	a.screen = newScreen(&out, false)
	a.log = zerolog.New(zerolog.ConsoleWriter{Out: a.screen, NoColor: true})
	w := a.newWatch(1)
	tracker := progress.NewTracker()
	e := run.Event{Number: 1, Total: 2, Trial: experiment.Trial{Key: "k", Seed: 1}, Dataset: "Beauty", Method: "EASE"}
	w.Started(e, tracker)
	tracker.Report(contract.Progress{Stage: "fit"})
	out.Reset()
	now := time.Now()
	for _, after := range []time.Duration{5 * time.Second, 11 * time.Second, 15 * time.Second, 22 * time.Second, 300 * time.Second, 320 * time.Second, 340 * time.Second} {
		w.tell(now.Add(after))
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("got %d lines\n%s", len(lines), out.String())
	}
	for _, line := range lines {
		if !strings.HasSuffix(line, "INF EASE on Beauty, seed 1: 0%, ETA unknown, fit; all: 0 of 1 trials, 0%, ETA unknown") {
			t.Errorf("got %s", line)
		}
	}
}

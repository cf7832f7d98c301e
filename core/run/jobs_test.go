package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

// meeting starts recommenders in pairs only: who comes alone waits, and fails.
type meeting struct {
	run.Launcher
	met chan struct{}
}

func (m meeting) Recommender(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Recommender], error) {
	select {
	case m.met <- struct{}{}:
	case <-m.met:
	case <-time.After(time.Minute):
		return nil, errors.New("no other trial came within a minute")
	}
	return m.Launcher.Recommender(ctx, name, params)
}

// popular is the plan with the recommender alone.
func popular(more string) string {
	head, rest, _ := strings.Cut(plan, "  - name: CLLM4Rec")
	_, tail, _ := strings.Cut(rest, "table:")
	return head + more + "table:" + tail
}

func TestJobsRunAtTheSameTime(t *testing.T) {
	b := newBench(t)
	p := b.plan(popular(""))
	s, w, err := b.runWith(p, run.Options{Plugins: meeting{b.plugins, make(chan struct{})}, Jobs: 2})
	if err != nil || s.Done != 2 || s.Failed != 0 {
		t.Fatalf("got %+v %+v, error %v (%v)", s, w, err, s.Err)
	}
	if jobs := b.record(p, 0).Environment.Jobs; jobs != 2 {
		t.Errorf("the record tells of %d jobs", jobs)
	}
	if text := b.table(p, report.Markdown); !strings.Contains(text, "2 trials at a time") {
		t.Errorf("the table does not tell:\n%s", text)
	}
}

func TestJobsGiveTheNumbersOfOneAfterAnother(t *testing.T) {
	alone, together := newBench(t), newBench(t)
	p := alone.plan(plan)
	alone.mustRun(p)
	s, w, err := together.runWith(p, run.Options{Plugins: together.plugins, Jobs: 3})
	if err != nil || s.Done != 6 || s.Failed != 0 {
		t.Fatalf("got %+v %+v, error %v", s, w, err)
	}
	for i := range p.Trials {
		want, got := alone.record(p, i).Results, together.record(p, i).Results
		for part := range want {
			if got[part].PerUser != want[part].PerUser || *got[part].Ranking != *want[part].Ranking {
				t.Errorf("trial %d: %s results differ: %v and %v", i, want[part].Part, got[part].Means, want[part].Means)
			}
		}
	}
}

// A method under a second name has trials of the same hash. They wait for the
// first ones, and then are there.
func TestJobsNeverRunOneTrialTwiceAtATime(t *testing.T) {
	b := newBench(t)
	p := b.plan(popular("  - {name: Again, recommender: {plugin: fakerec}}\n  - {name: Once more, recommender: {plugin: fakerec}}\n"))
	if p.Trials[0].Key != p.Trials[1].Key {
		t.Fatal("the names have trials of their own")
	}
	s, w, err := b.runWith(p, run.Options{Plugins: b.plugins, Jobs: 4})
	if err != nil || s.Done != 2 || s.Cached != 4 {
		t.Fatalf("got %+v %+v, error %v", s, w, err)
	}
	if slices.Sort(w.cached); !slices.Equal(w.cached, []string{"Again 1", "Again 2", "Once more 1", "Once more 2"}) {
		t.Errorf("found finished: %v", w.cached)
	}
}

// interrupted stops the run when the second of two trials starts its plugin; both
// wait for that.
type interrupted struct {
	meeting
	stop context.CancelFunc
}

func (i interrupted) Recommender(ctx context.Context, name string, params json.RawMessage) (*host.Running[contract.Recommender], error) {
	process, err := i.meeting.Recommender(ctx, name, params)
	i.stop()
	return process, err
}

func TestAStopEndsAllJobs(t *testing.T) {
	b := newBench(t)
	p := b.plan(popular(""))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	plugins := interrupted{meeting{b.plugins, make(chan struct{})}, stop}
	s, w, err := b.runIn(ctx, p, run.Options{Plugins: plugins, Jobs: 2})
	if !errors.Is(err, context.Canceled) || s.Done != 0 || s.Failed != 0 || len(w.started) != 2 {
		t.Fatalf("got %+v %+v, error %v", s, w, err)
	}
	if records, _ := filepath.Glob(filepath.Join(b.out, "trials", "*", "record.json")); len(records) != 0 {
		t.Errorf("records of trials that were stopped: %v", records)
	}
}

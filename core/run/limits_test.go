package run_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/rs/zerolog"
)

// impatient is a bench whose host waits for moments; log receives its warnings.
func impatient(t *testing.T, log zerolog.Logger) *bench {
	t.Helper()
	b := newBench(t)
	plugins, err := run.NewHost(contracttest.Host(t, host.Options{
		Threads: 1, Log: log, StopTimeout: 500 * time.Millisecond, Patience: host.Patience{Short: 5 * time.Second, Silence: 3 * time.Second, Answer: 10 * time.Second},
	}, fakes()...))
	if err != nil {
		t.Fatal(err)
	}
	b.plugins = plugins
	return b
}

// with is the plan of one seed with a recommender of these parameters before others.
func with(params string) string {
	one := strings.Replace(popular(""), "seeds: [1, 2]", "seeds: [1]", 1)
	return strings.Replace(one, "methods:\n", "methods:\n  - {name: Bad, recommender: {plugin: fakerec, params: {weight: 2, "+params+"}}}\n", 1)
}

func TestAPluginThatHangsIsOneFailedCell(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Fit", "Rank"} {
		b := impatient(t, zerolog.Nop())
		p := b.plan(with("hang: " + call))
		s, _ := b.mustRun(p)
		if s.Done != 1 || s.Failed != 1 || !strings.Contains(s.Err.Error(), "gave no sign of work in "+call+" for 3s") {
			t.Errorf("hang in %s: %+v", call, s)
		}
	}
}

func TestAPluginThatHangsWhileItIsPlannedIsOneFailedCell(t *testing.T) {
	t.Parallel()
	b := impatient(t, zerolog.Nop())
	text := []byte(with("hang: Configure"))
	_, err := experiment.Parse(t.Context(), "fakes.yaml", text, experiment.Options{Plugins: b.plugins})
	var problems experiment.Problems
	if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Line == 0 || !strings.Contains(err.Error(), "did not answer Configure within 5s") {
		t.Errorf("to validate, it is no problem with its place: %v", err)
	}
	p, err := experiment.Parse(t.Context(), "fakes.yaml", text, experiment.Options{Plugins: b.plugins, RowsMayFail: true})
	if err != nil {
		t.Fatal(err)
	}
	b.plugins.Release(t.Context())
	s, _ := b.mustRun(p)
	if s.Done != 1 || s.Failed != 1 || !strings.Contains(s.Err.Error(), "while the run was planned: plugin fakerec did not answer Configure within 5s and was killed") {
		t.Errorf("got %+v", s)
	}
	if rec := b.record(p, 0); rec.Status != record.Failed {
		t.Errorf("got %+v", rec)
	}
}

func TestATrialLongerThanItsLimitIsOneFailedCell(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.plan(with("delay: 60000"))
	s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, TrialTimeout: 10 * time.Second})
	if err != nil || s.Done != 1 || s.Failed != 1 || !strings.Contains(s.Err.Error(), "Bad on Two tastes, seed 1: the trial took longer than its limit of 10s") {
		t.Errorf("got %+v, error %v", s, err)
	}
}

// lockedBuffer is a buffer for many writers.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func TestAResultStandsWhenItsPluginDoesNotClose(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	b := impatient(t, zerolog.New(log))
	p := b.plan(with("hang: Close"))
	s, _ := b.mustRun(p)
	if s.Done != 2 || s.Failed != 0 || b.record(p, 0).Status != record.Done {
		t.Errorf("got %+v", s)
	}
	if text := log.String(); !strings.Contains(text, `"level":"warn"`) || !strings.Contains(text, "did not stop cleanly: plugin fakerec did not close within 500ms and was killed") {
		t.Errorf("the log says:\n%s", text)
	}
}

// A probe that was killed while it waited for the next question does not end the plan.
func TestAProbeThatWasKilledIsStartedAnew(t *testing.T) {
	b := newBench(t)
	for range 2 {
		if _, err := b.plugins.Resolve(t.Context(), contract.KindRecommender, "fakerec", []byte(`{"weight":2}`)); err != nil {
			t.Fatal(err)
		}
		killPlugins(t, "fakerec")
	}
	b.plugins.Release(t.Context())
}

// Such a plugin does not look up from its step when the run is stopped.
func TestAStoppedRunDoesNotWaitForALongStep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.plan(popular("  - {name: Deaf, recommender: {plugin: fakerec, params: {deaf: true, delay: 60000}}}\n"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := b.runIn(ctx, p, run.Options{Plugins: b.plugins, Jobs: 4})
		ended <- err
	}()
	waitFor(t, "the deaf plugin's trial", func() bool { return len(childrenOf(t, os.Getpid(), "fakerec")) > 0 && len(found(t, b.out, "work")) > 0 })
	time.Sleep(time.Second)
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(25 * time.Second): // the host's own patience is 30
		t.Fatal("the run waits for the step")
	}
}

package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Outcome is what became of one check.
type Outcome struct {
	Name    string
	Took    time.Duration
	Failed  bool
	Skipped bool
	Words   []string // what was found, in the order in which it was
}

// Run runs a suite without the go command. tell hears of each check when it ends. The
// result is every outcome; the suite's own, where it found something, comes last with the
// empty name. Checks whose name does not contain only are left out. ctx ends the checks'
// contexts.
func Run(ctx context.Context, only string, suite func(T), tell func(Outcome)) []Outcome {
	r := &recorder{ctx: ctx, only: only, tell: tell}
	own := r.check("", suite)
	if own.Failed {
		r.add(own)
	}
	return r.outcomes
}

// recorder keeps the outcomes of a suite's checks.
type recorder struct {
	ctx  context.Context
	only string
	tell func(Outcome)

	mu       sync.Mutex
	outcomes []Outcome
}

func (r *recorder) add(o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, o)
	r.tell(o)
}

// check runs one check in a goroutine of its own, which Fatal and Skip end.
func (r *recorder) check(name string, check func(T)) Outcome {
	ctx, cancel := context.WithCancel(r.ctx)
	t := &tried{recorder: r, ctx: ctx, outcome: Outcome{Name: name}}
	began := time.Now()
	t.alone(func() { check(t) })
	cancel()
	for len(t.cleanups) > 0 {
		last := t.cleanups[len(t.cleanups)-1]
		t.cleanups = t.cleanups[:len(t.cleanups)-1]
		t.alone(last)
	}
	t.outcome.Took = time.Since(began)
	return t.outcome
}

// tried is the T of one check.
type tried struct {
	recorder *recorder
	ctx      context.Context

	mu       sync.Mutex
	outcome  Outcome
	cleanups []func()
}

// alone runs f in a goroutine and waits for it; a panic is a failure.
func (t *tried) alone(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("the check itself failed: %v", p)
			}
		}()
		f()
	}()
	<-done
}

// Run runs a check of its own, if it is wanted; it reports whether it found nothing.
func (t *tried) Run(name string, check func(T)) bool {
	if !strings.Contains(name, t.recorder.only) {
		return true
	}
	o := t.recorder.check(name, check)
	t.recorder.add(o)
	return !o.Failed
}

func (t *tried) note(failed bool, words string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outcome.Failed = t.outcome.Failed || failed
	t.outcome.Words = append(t.outcome.Words, strings.TrimRight(words, "\n"))
}

func (t *tried) Helper() {}

func (t *tried) Context() context.Context { return t.ctx }

func (t *tried) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// TempDir makes a folder that goes with the check.
func (t *tried) TempDir() string {
	dir, err := os.MkdirTemp("", "cllm4rec-check-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	return dir
}

func (t *tried) Error(args ...any) { t.note(true, fmt.Sprintln(args...)) }

func (t *tried) Errorf(format string, args ...any) { t.note(true, fmt.Sprintf(format, args...)) }

func (t *tried) Fatal(args ...any) {
	t.note(true, fmt.Sprintln(args...))
	runtime.Goexit()
}

func (t *tried) Fatalf(format string, args ...any) {
	t.note(true, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (t *tried) Skip(args ...any) {
	t.note(false, fmt.Sprintln(args...))
	t.outcome.Skipped = true
	runtime.Goexit()
}

package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// batch is one folder of records with a store of its own, in which so many runs work.
type batch struct {
	*session
	name       string
	workers    int
	out, store string

	mu      sync.Mutex
	left    int               // kills
	plugins bool              // were killed
	known   map[string]string // digests of the finished records that were seen
	events  []string
}

func (s *session) batch(name string, workers, kills int) *batch {
	dir := filepath.Join(s.dir, name)
	return &batch{session: s, name: name, workers: workers, out: filepath.Join(dir, "out"), store: filepath.Join(dir, "store"), left: kills, known: map[string]string{}}
}

// check runs the plan under kills until it is complete, holds what is there against the
// undisturbed run, and removes it.
func (b *batch) check(ctx context.Context, want outcome) error {
	if err := b.run(ctx); err != nil {
		return err
	}
	if err := b.settled(); err != nil {
		return err
	}
	got, err := b.outcome()
	if err != nil {
		return err
	}
	extra, err := got.agrees(want)
	if err != nil {
		return err
	}
	if extra > 0 && !b.plugins {
		return fmt.Errorf("there are %d records more than without kills, and no plugin was killed", extra)
	}
	if err := b.clean(want); err != nil {
		return err
	}
	b.session.mu.Lock()
	defer b.session.mu.Unlock()
	b.counts.folders, b.counts.finished = b.counts.folders+1, b.counts.finished+1
	b.counts.extra, b.counts.healed = b.counts.extra+extra, b.counts.healed+got.resumed
	return os.RemoveAll(filepath.Dir(b.out))
}

// run has so many runs work at the plan until each has found it complete.
func (b *batch) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make([]error, b.workers)
	var group sync.WaitGroup
	for i := range b.workers {
		group.Go(func() {
			if failed[i] = b.work(ctx, i); failed[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	slices.SortStableFunc(failed, func(a, b error) int { // what ended the others comes first
		return order(errors.Is(a, context.Canceled), errors.Is(b, context.Canceled))
	})
	return errors.Join(failed...)
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// work starts one run after another until one finds the plan complete.
func (b *batch) work(ctx context.Context, worker int) error {
	for {
		end, err := b.live(ctx, worker, b.fate())
		if err != nil || end.complete {
			return err
		}
		if err := b.inspect(); err != nil {
			return err
		}
	}
}

// fate is how a run is to be killed; the zero value is one that is not.
type fate struct {
	host, plugin bool
	after        time.Duration
	at           *point
}

func (f fate) String() string {
	switch {
	case f.host:
		return fmt.Sprintf("killed after %s", f.after.Round(time.Millisecond))
	case f.plugin:
		return fmt.Sprintf("a plugin killed after %s", f.after.Round(time.Millisecond))
	case f.at != nil:
		return fmt.Sprintf("killed at call %d of %s", f.at.nth, f.at.calls)
	}
	return "not killed"
}

// longest is the latest that a run is killed after its start.
const longest = 4 * time.Second

// fate draws one of the kills that are left.
func (b *batch) fate() fate {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		return fate{}
	}
	b.left--
	after := time.Duration(b.draw(int(min(b.wall, longest))))
	switch kind := b.draw(4); {
	case kind == 0 || kind > 1 && b.strace == "":
		return fate{host: true, after: after}
	case kind == 1:
		return fate{plugin: true, after: after}
	}
	return fate{at: b.drawPoint(), after: longest}
}

// killed counts what came of a fate: a kill that did not happen is left.
func (b *batch) killed(f fate, victims ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(victims) == 0 && (f.host || f.plugin || f.at != nil) {
		b.left++
		return
	}
	b.left = max(0, b.left-len(victims)+1)
	b.session.mu.Lock()
	defer b.session.mu.Unlock()
	for _, v := range victims {
		b.counts.kills++
		b.counts.victims[v]++
	}
}

// note remembers what happened, for whoever looks for the cause of a fault.
func (b *batch) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, fmt.Sprintf("%s %s", time.Now().Format("15:04:05.000"), fmt.Sprintf(format, args...)))
}

func (b *batch) story() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.events, "\n")
}

package claim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say how often claims are touched, and when one is given up.
type Options struct {
	// Beat is how often a holder touches its claim; 0: 10 s.
	Beat time.Duration
	// Stale is how long a holder of another place may give no beat; 0: 3 minutes, which is
	// longer than shared file systems keep what they know of a file.
	Stale time.Duration
}

// HeldError is the error for a claim that another holds.
type HeldError struct {
	Path string
	By   Holder
}

// Error names the holder.
func (e *HeldError) Error() string { return fmt.Sprintf("%s is held by %s", e.Path, e.By) }

// Taker takes claims for one process, and remembers the beats of others that it saw.
type Taker struct {
	options Options
	self    Holder
	since   func() time.Duration // of this process's own clock

	mu   sync.Mutex
	seen map[string]sight // by path
}

// sight is the state of a claim that another holds, and when it was first seen so.
type sight struct {
	generation int
	id         string
	beat       time.Time // a mark that changes, by a clock that nobody reads
	first      time.Duration
}

// NewTaker makes a Taker.
func NewTaker(o Options) *Taker {
	if o.Beat == 0 {
		o.Beat = 10 * time.Second
	}
	if o.Stale == 0 {
		o.Stale = 3 * time.Minute
	}
	start := time.Now()
	return &Taker{options: o, self: self(), since: func() time.Duration { return time.Since(start) }, seen: map[string]sight{}}
}

// Take takes the claim on a path, whose folder must exist. A *HeldError names whoever
// holds it; other errors are the file system's. The folder is listed each time, so it should
// hold claims alone.
func (t *Taker) Take(path string) (*Claim, error) {
	before, err := generations(path)
	if err != nil {
		return nil, err
	}
	next, dead := 1, Holder{}
	if len(before) > 0 {
		top := before[len(before)-1]
		var lives bool
		if dead, lives, err = t.look(path, top); err != nil {
			return nil, err
		}
		if lives {
			return nil, &HeldError{Path: path, By: dead}
		}
		next = top + 1
	}
	c, err := t.create(path, next)
	if errors.Is(err, fs.ErrExist) {
		return nil, &HeldError{Path: path}
	}
	if err != nil {
		return nil, err
	}
	return t.settle(c, before, dead)
}

// settle keeps a claim that was just created, unless somebody else created one too: each
// of the two looks after its own creation, so that at least one sees the other. The claim
// that came last before is the dead holder's, or another's that was made in its place.
func (t *Taker) settle(c *Claim, before []int, dead Holder) (*Claim, error) {
	after, err := generations(c.path)
	if err != nil {
		return nil, errors.Join(err, c.remove())
	}
	for _, g := range after {
		others := g != c.generation && !slices.Contains(before, g)
		if !others && g == c.generation-1 {
			h, err := readHolder(file(c.path, g))
			others = err == nil && h.ID != dead.ID
		}
		if others {
			return nil, errors.Join(c.remove(), &HeldError{Path: c.path})
		}
	}
	for _, g := range before {
		if err := os.Remove(file(c.path, g)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, c.remove())
		}
	}
	t.forget(c.path)
	go c.beat(t.options)
	return c, nil
}

// look is the holder of a claim, and whether it lives, as far as one can tell.
func (t *Taker) look(path string, generation int) (h Holder, lives bool, err error) {
	name := file(path, generation)
	info, err := os.Stat(name)
	if err == nil {
		h, err = readHolder(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Holder{}, true, nil // whoever comes next finds it free, or held by another
	}
	if err != nil {
		return h, false, err
	}
	h.patience = t.options.Stale
	silent := t.silent(path, sight{generation: generation, id: h.ID, beat: info.ModTime()})
	return h, !silent && !h.dead(t.self.Place), nil
}

// Sweep gives back the claims in a folder whose holders were processes of this place and
// have died: nobody may ever ask for them again, as what they did is done.
func (t *Taker) Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	all := []error{err}
	for _, e := range entries {
		name, _, _ := cutLast(e.Name())
		h, err := readHolder(filepath.Join(dir, e.Name()))
		if err != nil || !h.dead(t.self.Place) {
			continue // it is gone by now, or somebody's
		}
		c, err := t.Take(filepath.Join(dir, name))
		var held *HeldError
		switch {
		case err == nil:
			all = append(all, c.Release())
		case !errors.As(err, &held):
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// silent reports whether a claim has looked the same for too long.
func (t *Taker) silent(path string, now sight) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now.first = t.since()
	last, known := t.seen[path]
	if !known || last.generation != now.generation || last.id != now.id || !last.beat.Equal(now.beat) {
		t.seen[path] = now
		return false
	}
	return now.first-last.first >= t.options.Stale
}

func (t *Taker) forget(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, path)
}

// Wait takes the claim on a path as soon as it is free. Whenever it finds it held, it tells
// who holds it (nil: tells nobody).
func (t *Taker) Wait(ctx context.Context, path string, held func(by Holder)) (*Claim, error) {
	for {
		c, err := t.Take(path)
		var other *HeldError
		if !errors.As(err, &other) {
			return c, err
		}
		if held != nil {
			held(other.By)
		}
		select {
		case <-time.After(t.pause()):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// pause is between two looks; two that came in each other's way come apart by chance.
func (t *Taker) pause() time.Duration {
	longest := min(t.options.Beat, time.Second)
	return longest/2 + rand.N(longest/2)
}

// generations are the numbers of the claims on a path, ascending.
func generations(path string) ([]int, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if n, err := strconv.Atoi(rest); ok && err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func file(path string, generation int) string { return path + "." + strconv.Itoa(generation) }

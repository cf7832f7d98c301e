package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/record"

	"golang.org/x/sync/errgroup"
)

// unit is a piece of work that one process does at a time, of all that share a folder of
// records.
type unit interface {
	// claim names it.
	claim() string
	// settled reports whether nothing is left to do, and notes what came of it.
	settled() (bool, error)
	// ready reports whether what it needs is settled.
	ready() bool
	// do does it, at one of the places of the pool, numbered from 0.
	do(ctx context.Context, place int) error
}

// lookAgain is how often a process looks what others have done.
const lookAgain = time.Second

// pool works at units in their order, so many at a time: at each that is ready and that
// nobody else works at.
type pool struct {
	store *record.Store

	mu      sync.Mutex
	entries []*entry
	changed chan struct{} // closed when one is settled here
}

// entry is a unit of a pool.
type entry struct {
	unit
	busy, over bool
	by         *claim.Holder // another that was seen to work at it
}

// work settles units until there are none left but those that other processes work at, and
// those that need them. These it returns.
func work(ctx context.Context, store *record.Store, units []unit, places int) (left []*entry, err error) {
	p := &pool{store: store, changed: make(chan struct{})}
	for _, u := range units {
		p.entries = append(p.entries, &entry{unit: u})
	}
	group, inner := errgroup.WithContext(ctx)
	for place := range places {
		group.Go(func() error { return p.fill(inner, place) })
	}
	err = group.Wait()
	for _, e := range p.entries {
		if !e.over {
			left = append(left, e)
		}
	}
	return left, err
}

// fill works at one unit after another.
func (p *pool) fill(ctx context.Context, place int) error {
	for ctx.Err() == nil {
		e, c, changed, err := p.next()
		switch {
		case err != nil:
			return err
		case e != nil:
			err := c.During(ctx, func(ctx context.Context) error { return e.do(ctx, place) })
			if err := p.done(e, err); err != nil {
				return err
			}
		case changed == nil:
			return nil
		default:
			select {
			case <-changed:
			case <-time.After(lookAgain):
			case <-ctx.Done():
			}
		}
	}
	return ctx.Err()
}

// next claims a unit to work at. Without one, changed is closed when this pool has done
// something that may make others ready; it is nil when this pool works at nothing.
func (p *pool) next() (next *entry, c *claim.Claim, changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		switch {
		case e.busy:
			changed = p.changed
		case !e.over:
			if c, err := p.take(e); c != nil || err != nil {
				return e, c, nil, err
			}
		}
	}
	return nil, nil, changed, nil
}

// take claims a unit that is ready; nil when it is not, or is settled, or another has it. It
// is looked at again under the claim, whose last holder may just have settled it.
func (p *pool) take(e *entry) (*claim.Claim, error) {
	var err error
	if e.over, err = e.settled(); e.over || err != nil || !e.ready() {
		return nil, err
	}
	c, err := p.store.Claim(e.claim())
	var held *claim.HeldError
	if errors.As(err, &held) {
		e.by = &held.By
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if e.over, err = e.settled(); e.over || err != nil {
		return nil, errors.Join(err, c.Release())
	}
	e.busy = true
	return c, nil
}

// done notes the end of the work at a unit. One that another process took over is that
// process's to settle.
func (p *pool) done(e *entry, err error) error {
	lost := errors.Is(err, claim.ErrLost)
	if lost {
		err = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e.busy, e.over = false, err == nil && !lost
	close(p.changed)
	p.changed = make(chan struct{})
	return err
}

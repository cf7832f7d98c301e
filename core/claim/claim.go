package claim

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Claim is a claim that this process holds.
type Claim struct {
	path       string
	generation int
	holder     Holder

	end  sync.Once
	done chan struct{} // closed by Release
	lost chan struct{} // closed when another holds it
	gone sync.Once
}

// create makes the file of a claim; ErrExist when another was first.
func (t *Taker) create(path string, generation int) (*Claim, error) {
	h := t.self
	h.ID, h.Since = rand.Text(), time.Now().UTC()
	raw, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("a claim cannot be written: %w", err)
	}
	if err := publish(file(path, generation), append(raw, '\n')); err != nil {
		return nil, err
	}
	return &Claim{path: path, generation: generation, holder: h, done: make(chan struct{}), lost: make(chan struct{})}, nil
}

// Lost is closed when another has taken the claim over, because this process gave no beat
// for too long.
func (c *Claim) Lost() <-chan struct{} { return c.lost }

// Check looks whether the claim still stands; a *HeldError when another took it over.
func (c *Claim) Check() error {
	h, err := readHolder(c.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	later, err := generations(c.path)
	if err != nil {
		return err
	}
	if top := len(later) - 1; h.ID == c.holder.ID && top >= 0 && later[top] == c.generation {
		return nil
	}
	c.gone.Do(func() { close(c.lost) })
	return &HeldError{Path: c.path}
}

// Release gives the claim back. It may be called twice.
func (c *Claim) Release() error {
	var err error
	c.end.Do(func() {
		close(c.done)
		var other *HeldError
		if err = c.Check(); err == nil {
			err = c.remove()
		} else if errors.As(err, &other) {
			err = nil
		}
	})
	return err
}

// beat touches the file until the claim is given back or lost. A file system that does not
// answer for a moment costs no claim: the next beat tries again.
func (c *Claim) beat(o Options) {
	ticker := time.NewTicker(o.Beat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if c.Check() == nil {
				now := time.Now()
				_ = os.Chtimes(c.file(), now, now)
			}
		case <-c.lost:
			return
		case <-c.done:
			return
		}
	}
}

func (c *Claim) file() string { return file(c.path, c.generation) }

func (c *Claim) remove() error {
	if err := os.Remove(c.file()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Package console tells the user what a long step does while it runs.
package console

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Console writes one line per step. The zero value is not usable; see New.
type Console struct {
	mu    sync.Mutex
	out   io.Writer
	every time.Duration
}

// New returns a console whose long steps say every now and then that they still run.
func New(out io.Writer, every time.Duration) *Console { return &Console{out: out, every: every} }

// Say writes one line.
func (c *Console) Say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, "setup: "+format+"\n", args...) // a lost progress line hurts nobody
}

// During announces a step, repeats its name with the time gone by while it runs, and says how long it took.
func (c *Console) During(step string, work func() error) error {
	c.Say("%s ...", step)
	start := time.Now()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go c.remind(step, start, stop, stopped)
	err := work()
	close(stop)
	<-stopped
	if err == nil {
		c.Say("%s: done in %s", step, since(start))
	}
	return err
}

func (c *Console) remind(step string, start time.Time, stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			c.Say("%s ... still running after %s", step, since(start))
		}
	}
}

func since(start time.Time) time.Duration { return time.Since(start).Round(time.Second) }

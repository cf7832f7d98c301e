// Package console tells the user what a long step does while it runs.
package console

import (
	"fmt"
	"io"
	"strings"
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
	line := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	_, _ = fmt.Fprintln(c.out, "setup:", line) // a lost progress line hurts nobody
}

// During announces a step, with a hint such as how long it may take, or "". It repeats the
// step's name with the time gone by while it runs, and says how long it took.
func (c *Console) During(step, hint string, work func() error) error {
	c.Say("%s ... %s", step, hint)
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

package host

import (
	"context"
	"path"
	"slices"
	"sync"
	"time"

	"cllm4rec/core/pluginrpc"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// Patience is how long the host waits for a plugin. A plugin that exhausts it is
// killed, and its call ends with an ErrDied that says so. Zero fields take defaults.
type Patience struct {
	// Short bounds the calls that have little to do: Info, Configure, OpenTower,
	// CloseTower. Default: 5 minutes.
	Short time.Duration
	// Answer bounds how long a process may leave the health service unanswered while a
	// call is in hand, as one that is stopped or wedged does. Default: a minute.
	Answer time.Duration
	// Silence bounds how long any other call may last without a sign of work: a
	// message in either direction, or processor time of the plugin's process group
	// (two thousandths of the time that passes). Default: 30 minutes.
	Silence time.Duration
}

func (p Patience) withDefaults() Patience {
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&p.Short, 5 * time.Minute}, {&p.Answer, time.Minute}, {&p.Silence, 30 * time.Minute}} {
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	return p
}

// looks is how often, within Answer, the health service is asked.
const looks = 12

// minBusy is the least processor time that counts as work: the answers to the watch
// itself take some.
const minBusy = 50 * time.Millisecond

// busyShare is the share of the time that a working process spends on a processor at
// least, also on a machine that hundreds share. Answering the watch takes a tenth of it.
const busyShare = 0.002

// watch looks after the calls in hand of one plugin.
type watch struct {
	process  *process
	patience Patience
	health   grpc_health_v1.HealthClient // set before the first call

	mu    sync.Mutex
	calls map[*call]struct{}
}

// call is a call in hand.
type call struct {
	name   string // such as "Fit"
	short  bool
	age    time.Duration // since its start
	silent time.Duration // since its last sign of work
	cpu    time.Duration // of the process group then, or when it was first looked at; or unseen
}

// isShort reports whether a call has little to do.
func isShort(name string) bool {
	return slices.Contains([]string{"Info", "Configure", "OpenTower", "CloseTower"}, name)
}

// begin enters a call; Close is the business of Stop.
func (w *watch) begin(method string) (c *call, end func()) {
	name := path.Base(method)
	if !pluginrpc.IsContract(method) || name == "Close" {
		return nil, func() {}
	}
	c = &call{name: name, short: isShort(name), cpu: unseen}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.calls, c)
	}
}

// sign notes a sign of work.
func (w *watch) sign(c *call) {
	if c == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c.silent, c.cpu = 0, unseen
}

// busy reports whether a call is in hand.
func (w *watch) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls) > 0
}

// run looks until the process has ended. Time is counted by looks, so that a host which
// was itself stopped for a while does not blame its plugins.
func (w *watch) run() {
	every := w.patience.Answer / looks
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	missed := 0
	for {
		select {
		case <-w.process.runner.done:
			return
		case <-ticker.C:
		}
		if !w.busy() {
			missed = 0
			continue
		}
		if w.answers(every) {
			missed = 0
		} else {
			missed++
		}
		if missed >= looks {
			w.process.condemn("did not answer for %s, as a process that is stopped or wedged,", w.patience.Answer)
			return
		}
		if w.age(every) {
			return
		}
	}
}

// answers reports whether the process answers the health service in time. Any answer
// counts: a plugin may lack the service.
func (w *watch) answers(within time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_, err := w.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginrpc.Name})
	switch status.Code(err) {
	case codes.DeadlineExceeded, codes.Unavailable, codes.Canceled:
		return false
	}
	return true
}

// age lets the calls in hand grow older and reports whether one exhausted the patience.
func (w *watch) age(by time.Duration) bool {
	cpu := time.Duration(unseen)
	if w.quiet() {
		if seen, err := groupCPU(w.process.cmd.Process.Pid); err == nil { // a system without /proc shows messages alone
			cpu = seen
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.calls {
		c.grow(by, cpu)
		if c.short && c.age >= w.patience.Short {
			w.process.condemn("did not answer %s within %s", c.name, w.patience.Short)
			return true
		}
		if !c.short && c.silent >= w.patience.Silence {
			w.process.condemn("gave no sign of work in %s for %s, neither progress nor processor time,", c.name, w.patience.Silence)
			return true
		}
	}
	return false
}

// quiet reports whether a call has sent and taken nothing for a part of its time, from
// when on processor time is looked at: that means to read of every process there is.
func (w *watch) quiet() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.calls {
		if !c.short && c.silent >= w.patience.Silence/8 {
			return true
		}
	}
	return false
}

// unseen is a processor time that was not looked at.
const unseen = -1

func (c *call) grow(by, cpu time.Duration) {
	c.age += by
	c.silent += by
	switch {
	case cpu == unseen:
	case c.cpu == unseen:
		c.cpu = cpu
	case cpu-c.cpu >= max(minBusy, time.Duration(busyShare*float64(c.silent))):
		c.silent, c.cpu = 0, cpu
	}
}

// unary and stream put every call of the contract under the watch.
func (w *watch) unary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	_, end := w.begin(method)
	defer end()
	return invoke(ctx, method, req, reply, conn, options...)
}

func (w *watch) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	c, end := w.begin(method)
	s, err := open(ctx, desc, conn, method, options...)
	if err != nil {
		end()
		return nil, err
	}
	context.AfterFunc(s.Context(), end)
	return &watchedStream{s, w, c, end}, nil
}

// watchedStream tells the watch of every message.
type watchedStream struct {
	grpc.ClientStream
	watch *watch
	call  *call
	end   func()
}

// SendMsg sends a message; it returns when the plugin has room for it.
func (s *watchedStream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	if err == nil {
		s.watch.sign(s.call)
	}
	return err
}

// RecvMsg receives a message, or the end of the call.
func (s *watchedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err != nil {
		s.end()
		return err
	}
	s.watch.sign(s.call)
	return nil
}

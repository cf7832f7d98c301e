package host

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"cllm4rec/core/contract"

	"github.com/hashicorp/go-plugin"
)

// Process is a plugin process in the hands of a host.
type Process struct {
	host     *Host
	binary   Binary
	checksum string
	dir      string   // of its socket
	life     *os.File // the plugin ends when this end of the pipe closes
	cmd      *exec.Cmd
	client   *plugin.Client
	words    *stderrTail
	rpc      contract.Plugin
	info     contract.Info
	resolved json.RawMessage

	stop     sync.Once
	stopping atomic.Bool // Stop was called
	killed   atomic.Bool // by this host
	stopErr  error

	mu    sync.Mutex
	usage Usage
}

// Plugin is the plugin as its kind's contract: a contract.Dataset, Recommender
// or Backbone.
func (p *Process) Plugin() contract.Plugin { return p.rpc }

// About is the plugin's Info, taken at its start.
func (p *Process) About() contract.Info { return p.info }

// Resolved is the plugin's parameters with every default filled in; nil after
// Launch.
func (p *Process) Resolved() json.RawMessage { return p.resolved }

// Checksum is the sha256 of the binary in hex. The process was refused if the
// file had changed between the sum and the start.
func (p *Process) Checksum() string { return p.checksum }

// Path is the absolute path of the binary.
func (p *Process) Path() string { return p.binary.Path }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// StderrTail is the last lines that the plugin wrote to stderr, at most 20; log
// entries are given as text.
func (p *Process) StderrTail() []string { return p.words.lines() }

// Usage is what the process has taken so far, or up to its end. Of a process
// that died by itself the peak is that of the last look, and 0 without one.
func (p *Process) Usage() Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client.Exited() {
		if state := p.cmd.ProcessState; state != nil {
			p.usage.CPU = max(p.usage.CPU, state.UserTime()+state.SystemTime())
		}
		return p.usage
	}
	if now, err := sample(p.cmd.Process.Pid); err == nil {
		p.usage = now
	}
	return p.usage
}

// Stop ends the plugin: Close first, which cancels the call in hand, with the
// host's StopTimeout; then the process, by force if need be. Later calls return
// what the first returned.
func (p *Process) Stop(ctx context.Context) error {
	p.stop.Do(func() { p.stopErr = p.end(ctx) })
	return p.stopErr
}

func (p *Process) end(ctx context.Context) error {
	p.stopping.Store(true)
	closing, cancel := context.WithTimeout(ctx, p.host.options.StopTimeout)
	defer cancel()
	err := p.rpc.Close(closing)
	p.Usage()
	if err != nil {
		p.kill()
	}
	p.discard()
	return named(p.binary.Name, err)
}

func (p *Process) kill() {
	if p.cmd.Process != nil {
		p.killed.Store(true)
		_ = p.cmd.Process.Kill() // it may have ended already
	}
}

// killGrace bounds go-plugin's own orderly end before the process is killed.
const killGrace = 5 * time.Second

// discard ends the process and releases what the host holds for it.
func (p *Process) discard() {
	done := make(chan struct{})
	go func() {
		p.client.Kill()
		close(done)
	}()
	for _, wait := range []time.Duration{killGrace, killGrace} {
		select {
		case <-done:
		case <-time.After(wait):
			p.kill()
		}
	}
	p.release()
}

// release closes the pipe, which ends even a process that go-plugin lost.
func (p *Process) release() {
	_ = p.life.Close()
	_ = os.RemoveAll(p.dir)
	p.host.forget(p)
}

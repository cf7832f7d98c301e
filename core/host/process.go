package host

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"cllm4rec/core/contract"

	"github.com/hashicorp/go-plugin"
)

// process is a plugin process in the hands of a host.
type process struct {
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

	stop     sync.Once
	stopping atomic.Bool // Stop was called
	killed   atomic.Bool // by this host
	stopErr  error

	mu    sync.Mutex
	usage Usage
}

// PID, Usage, StderrTail and Stop are the process's Life.
func (p *process) PID() int { return p.cmd.Process.Pid }

func (p *process) StderrTail() []string { return p.words.lines() }

func (p *process) Usage() Usage {
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

func (p *process) Stop(ctx context.Context) error {
	p.stop.Do(func() { p.stopErr = p.end(ctx) })
	return p.stopErr
}

func (p *process) end(ctx context.Context) error {
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

func (p *process) kill() {
	if p.cmd.Process != nil {
		p.killed.Store(true)
		_ = p.cmd.Process.Kill() // it may have ended already
	}
}

// killGrace bounds go-plugin's own orderly end before the process is killed.
const killGrace = 5 * time.Second

// discard ends the process and releases what the host holds for it.
func (p *process) discard() {
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
func (p *process) release() {
	_ = p.life.Close()
	_ = os.RemoveAll(p.dir)
	p.host.forget(p)
}

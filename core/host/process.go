package host

import (
	"context"
	"errors"
	"fmt"
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
	program  program
	checksum string
	dir      string   // of its socket
	life     *os.File // the plugin ends when this end of the pipe closes
	cmd      *exec.Cmd
	runner   *runner
	client   *plugin.Client
	watch    *watch
	words    *stderrTail
	rpc      contract.Plugin
	info     contract.Info

	stop     sync.Once
	stopping atomic.Bool            // Stop was called
	verdict  atomic.Pointer[string] // what the process did for which the host killed it
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
	if p.runner.exited(context.Background(), 0) {
		state := p.cmd.ProcessState
		p.usage.CPU = max(p.usage.CPU, state.UserTime()+state.SystemTime())
		return p.usage
	}
	if now, err := sample(p.cmd.Process.Pid); err == nil {
		p.usage = now
	}
	return p.usage
}

func (p *process) Stop(ctx context.Context) error {
	p.stop.Do(func() {
		if p.stopErr = p.end(ctx); p.stopErr != nil {
			p.words.log.Warn().Msg("did not stop cleanly: " + p.stopErr.Error())
		}
	})
	return p.stopErr
}

func (p *process) end(ctx context.Context) error {
	p.stopping.Store(true)
	patience := p.host.options.StopTimeout
	closing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := p.rpc.Close(closing)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = contract.Errorf(contract.ErrDied, "plugin %s did not close within %s and was killed", p.binary.Name, patience)
	}
	p.Usage()
	if err != nil {
		p.kill()
	}
	p.discard()
	return named(p.binary.Name, err)
}

// condemn kills the process for what it did; its calls end with an error that says so.
func (p *process) condemn(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	p.verdict.CompareAndSwap(nil, &what)
	p.kill()
}

func (p *process) kill() { _ = p.runner.Kill(context.Background()) } // it may have ended already

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

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// life is a run of the program, and what became of it.
type life struct {
	b        *batch
	mark     string
	name     string // of the victim that the run itself is
	fate     fate
	c        *exec.Cmd
	log      string // of strace
	said     *bytes.Buffer
	ended    chan error
	struck   []string // victims
	complete bool
}

// hang is how long a run may take that nobody kills.
const hang = 5 * time.Minute

// live starts a run and lets it meet its fate.
func (b *batch) live(ctx context.Context, worker int, f fate) (*life, error) {
	l := &life{b: b, mark: b.id(), name: "host", fate: f, said: &bytes.Buffer{}, ended: make(chan error, 1)}
	if b.workers > 1 {
		l.name = "worker"
	}
	b.note("run %s of worker %d: to be %s", l.mark, worker, f)
	if err := l.start(); err != nil {
		return nil, err
	}
	err := l.meet(ctx)
	if left := outliving(l.mark); len(left) > 0 {
		return nil, errors.Join(fmt.Errorf("%s after the run %s ended there live %v", patience, l.mark, left), l.end())
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return l, l.judge(err)
}

func (l *life) start() error {
	b := l.b
	l.c = b.command(l.mark, b.store, "run", b.plan, "--out", b.out, "--keep", "models", "--checkpoint", "20ms", "--threads", "1")
	if l.fate.at != nil {
		l.log = filepath.Join(b.dir, "strace-"+l.mark)
		traced := exec.Command(b.strace, l.fate.at.traced(l.log, append([]string{b.program}, l.c.Args[1:]...))...)
		traced.Env = l.c.Env
		l.c = traced
	}
	l.c.Stdout, l.c.Stderr = l.said, l.said
	if err := l.c.Start(); err != nil {
		return err
	}
	go func() { l.ended <- l.c.Wait() }()
	b.session.mu.Lock()
	defer b.session.mu.Unlock()
	b.counts.starts++
	return nil
}

// meet kills what is to be killed and waits for the run's end.
func (l *life) meet(ctx context.Context) error {
	moment := make(<-chan time.Time)
	if l.fate.host || l.fate.plugin {
		moment = time.After(l.fate.after)
	}
	late := time.After(hang)
	for {
		select {
		case err := <-l.ended:
			return err
		case <-moment:
			l.strike()
		case <-late:
			_ = l.end()
			return errors.Join(fmt.Errorf("the run goes on after %s", hang), <-l.ended)
		case <-ctx.Done():
			_ = l.end()
			return <-l.ended
		}
	}
}

// strike kills the run, or one of its plugins if it has any.
func (l *life) strike() {
	victim, name := l.c.Process.Pid, l.name
	if l.fate.plugin {
		var plugins []process
		for _, p := range marked(l.mark) {
			if p.id != victim {
				plugins = append(plugins, p)
			}
		}
		if len(plugins) == 0 {
			return
		}
		p := plugins[l.b.draw(len(plugins))]
		victim, name = p.id, "plugin "+p.command
	}
	if syscall.Kill(victim, syscall.SIGKILL) == nil { // else it had just ended
		l.struck = append(l.struck, name)
		l.b.note("run %s: %s killed", l.mark, name)
	}
}

// end kills the run's processes, when the test itself ends.
func (l *life) end() error {
	var all []error
	for _, p := range marked(l.mark) {
		all = append(all, syscall.Kill(p.id, syscall.SIGKILL))
	}
	return errors.Join(all...)
}

// judge says whether a run ended as its fate allows.
func (l *life) judge(err error) error {
	b, said := l.b, l.said.String()
	if l.fate.at != nil {
		if err := l.counted(err); err != nil {
			return err
		}
	}
	itself := err != nil && byKill(l.c)
	b.killed(l.fate, l.struck...)
	plugin := func(victim string) bool { return strings.HasPrefix(victim, "plugin ") }
	if slices.ContainsFunc(l.struck, plugin) { // also where the run was killed behind it
		b.mu.Lock()
		b.plugins = true
		b.mu.Unlock()
	}
	for _, bad := range []string{"panic:", "goroutine ", "cannot be used", "damaged", "corrupt"} {
		if strings.Contains(said, bad) {
			return fmt.Errorf("the run %s said %q:\n%s", l.mark, bad, said)
		}
	}
	b.note("run %s ended: %v", l.mark, err)
	switch {
	case itself && len(l.struck) > 0:
		return nil
	case err == nil:
		l.complete = true
		return nil
	case b.pluginKilled() && strings.Contains(said, "signal killed"):
		return nil // a trial failed, which the next run tries again
	}
	return fmt.Errorf("the run %s (%s) ended with %w:\n%s", l.mark, l.fate, err, said)
}

func (b *batch) pluginKilled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.plugins
}

// counted takes the kills of strace from its log.
func (l *life) counted(end error) error {
	calls, err := hits(l.log)
	if err != nil {
		return err
	}
	itself := end != nil && byKill(l.c)
	for i, call := range calls {
		victim := "plugin at a system call"
		if itself && i == len(calls)-1 {
			victim = l.name + " at a system call"
		}
		l.struck = append(l.struck, victim)
		l.b.note("run %s: %s killed before %.300s", l.mark, victim, call)
	}
	l.b.session.mu.Lock()
	defer l.b.session.mu.Unlock()
	for _, call := range calls {
		l.b.counts.points[pointOf(call)]++
	}
	return nil
}

// byKill reports whether a command ended by kill -9. strace ends as what it runs did.
func byKill(c *exec.Cmd) bool {
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

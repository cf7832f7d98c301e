package host

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cllm4rec/core/pluginrpc"
)

// pipeGrace is how long after the end of a plugin its stdout and stderr may stay
// open, as they do in the hands of a process that left its group.
const pipeGrace = time.Second

// runner is a plugin's process as go-plugin sees it. In place of go-plugin's own it
// leads a process group, so that whatever it started ends with it; its exit status is
// known at once, whoever still holds its pipes; and its handshake is held against
// what a handshake must be.
type runner struct {
	cmd     *exec.Cmd
	version int           // of the contract
	output  *lineWriter   // stderr, and stdout after the handshake
	line    chan string   // the handshake, for go-plugin
	done    chan struct{} // closed when the process and its group have ended and all that it wrote was read

	mu      sync.Mutex
	head    []byte // of stdout, up to its first line end
	shaken  bool   // the first line of stdout is complete
	refused error  // what is wrong with it
	ended   bool   // its number may be another's now
	killed  bool   // by this host, before it ended by itself
}

func newRunner(cmd *exec.Cmd, version int, output *lineWriter) *runner {
	r := &runner{cmd: cmd, version: version, output: output, line: make(chan string, 1), done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdout{r}, output, pipeGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return r
}

// Start starts the process.
func (r *runner) Start(context.Context) error {
	if err := r.cmd.Start(); err != nil {
		return err
	}
	go r.reap()
	return nil
}

// reap waits for the end of the process and ends its group.
func (r *runner) reap() {
	early := awaitEnd(r.cmd.Process.Pid)
	if early {
		r.endGroup()
	}
	_ = r.cmd.Wait() // the process state says how it ended
	if !early {
		r.endGroup()
	}
	r.output.flush()
	close(r.done)
}

// endGroup ends what the process left behind.
func (r *runner) endGroup() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // mostly nobody is left
}

// Kill ends the process and its group at once.
func (r *runner) Kill(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || r.cmd.Process == nil {
		return nil
	}
	r.killed = true
	return syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
}

// wasKilled reports whether the host ended the process.
func (r *runner) wasKilled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killed
}

// refusal is what is wrong with the handshake, if it came and is wrong.
func (r *runner) refusal() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// Wait waits for the end.
func (r *runner) Wait(context.Context) error {
	<-r.done
	if state := r.cmd.ProcessState; !state.Success() {
		return &exec.ExitError{ProcessState: state}
	}
	return nil
}

// exited waits a while for the end.
func (r *runner) exited(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-r.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// ID is the process id; "" before the start.
func (r *runner) ID() string {
	if r.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(r.cmd.Process.Pid)
}

// Name is the path of the binary.
func (r *runner) Name() string { return r.cmd.Path }

// Diagnose has nothing to add: the host words failed starts itself.
func (r *runner) Diagnose(context.Context) string { return "" }

// PluginToHost and HostToPlugin: both are on one machine.
func (r *runner) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin is the same the other way.
func (r *runner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// Stdout is the handshake and nothing else.
func (r *runner) Stdout() io.ReadCloser { return &handshakeReader{runner: r} }

// Stderr is empty: the host reads it without go-plugin.
func (r *runner) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// stdout takes what the process prints: the handshake, then lines for the log.
type stdout struct{ r *runner }

// Write never fails.
func (s stdout) Write(p []byte) (int, error) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.shaken {
		return s.r.output.Write(p)
	}
	s.r.head = append(s.r.head, p...)
	line, rest, whole := bytes.Cut(s.r.head, []byte{'\n'})
	if !whole && len(s.r.head) <= pluginrpc.MaxHandshake {
		return len(p), nil
	}
	s.r.shaken, s.r.head = true, nil
	if s.r.refused = pluginrpc.CheckLine(string(line), s.r.version); s.r.refused == nil {
		s.r.line <- string(line) + "\n"
	} else {
		close(s.r.line)
	}
	_, _ = s.r.output.Write(rest)
	return len(p), nil
}

// handshakeReader gives go-plugin the handshake line, and its end when there is none.
type handshakeReader struct {
	runner *runner
	rest   string
}

func (h *handshakeReader) Read(p []byte) (int, error) {
	if h.rest == "" {
		select {
		case line, ok := <-h.runner.line:
			if !ok {
				return 0, io.EOF
			}
			h.rest = line
		case <-h.runner.done:
			return 0, io.EOF
		}
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// Close has nothing to release.
func (h *handshakeReader) Close() error { return nil }

package host

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"cllm4rec/core/contract"

	"golang.org/x/sys/unix"
)

// exitWait is how long after a broken connection the process may take to end;
// the end of its stderr are complete when it has.
const exitWait = 3 * time.Second

// diagnose words an error of the connection: mostly, the process has ended. A
// call that Stop cut off is a cancelled call.
func (p *process) diagnose(ctx context.Context, err error) error {
	if !p.runner.exited(ctx, exitWait) {
		return fmt.Errorf("the connection to plugin %s failed: %w", p.binary.Name, err)
	}
	if verdict := p.verdict.Load(); verdict != nil {
		return contract.Errorf(contract.ErrDied, "plugin %s %s and was killed%s", p.binary.Name, *verdict, quote(p.words.lines()))
	}
	if p.runner.wasKilled() || p.stopping.Load() && p.cmd.ProcessState.Success() {
		return fmt.Errorf("plugin %s was stopped: %w", p.binary.Name, context.Canceled)
	}
	return contract.Errorf(contract.ErrDied, "plugin %s died: %s%s", p.binary.Name, ending(p.cmd.ProcessState), quote(p.words.lines()))
}

// signal is what ended a process, or 0 when it exited.
func signal(state *os.ProcessState) syscall.Signal {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// unloadable is the exit status of a program that the dynamic linker cannot load.
const unloadable = 127

// ending says how a process ended.
func ending(state *os.ProcessState) string {
	switch s := signal(state); s {
	case 0:
		if state.ExitCode() == unloadable {
			return "exit status 127, as when a shared library is missing (`make build` builds it for the libraries that are here)"
		}
		return fmt.Sprintf("exit status %d", state.ExitCode())
	case syscall.SIGKILL:
		return "signal killed, as the kernel sends when memory runs out"
	default:
		return "signal " + s.String()
	}
}

// addressLimit tells of a limit under which a process may not get the memory that it asks
// for at its start.
func addressLimit() string {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || limit.Cur == unix.RLIM_INFINITY {
		return ""
	}
	return fmt.Sprintf("; its address space is limited to %d MiB (ulimit -v), which may be too little", limit.Cur>>20)
}

// quote appends the end of a plugin's stderr to a message.
func quote(last []string) string {
	if len(last) == 0 {
		return "; it wrote nothing to stderr"
	}
	return "; the end of its stderr:\n  " + strings.Join(last, "\n  ")
}

package sdk

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"

	"cllm4rec/core/pluginrpc"

	"golang.org/x/sys/unix"
)

// exitOrphaned is the exit status of a plugin whose runner ended without
// stopping it. Nobody is left to read it but a system's accounting.
const exitOrphaned = 70

// watchParent ends the process, and what it started, when the runner ends, however it
// ends: the runner holds the other end of a pipe, which the kernel closes with it.
func watchParent() error {
	fd, err := strconv.Atoi(os.Getenv(pluginrpc.EnvParent))
	if err != nil || fd < 3 {
		return fmt.Errorf("%s does not name a descriptor: %q", pluginrpc.EnvParent, os.Getenv(pluginrpc.EnvParent))
	}
	pipe := os.NewFile(uintptr(fd), "parent")
	if _, err := pipe.Stat(); err != nil {
		return fmt.Errorf("the pipe to the runner: %w", err)
	}
	unix.CloseOnExec(fd)
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		endGroup()
		os.Exit(exitOrphaned)
	}()
	return nil
}

// endGroup kills the process group if it is this process's own, as the runner makes it.
func endGroup() {
	if leadsGroup() {
		_ = unix.Kill(0, unix.SIGKILL)
	}
}

// askGroup ends what an orderly end would leave behind in the group. The runner kills the
// group too, unless it is itself killed before it comes to that.
func askGroup() {
	if leadsGroup() {
		signal.Ignore(unix.SIGTERM)
		_ = unix.Kill(0, unix.SIGTERM)
	}
}

func leadsGroup() bool { return unix.Getpgrp() == os.Getpid() }

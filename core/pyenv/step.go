package pyenv

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/manifest"

	"golang.org/x/sys/unix"
)

// lock holds the making of an environment until unlock. The file stays: another process may
// have it open.
func lock(m *manifest.Manifest, dir string) (unlock func(), err error) {
	file, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil || disk.NoLocks(err) {
		return func() { _ = file.Close() }, nil // the lock ends with the file
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, contract.Errorf(contract.ErrInvalid, "the environment %s of plugin %s is being made by another process", dir, m.Name)
	}
	return nil, err
}

// environ leaves out what would have pip install elsewhere than into the environment, or
// take packages for installed that the plugin will not see.
func environ(own []string) []string {
	return slices.DeleteFunc(slices.Clone(own), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_DRY_RUN", "VIRTUAL_ENV"}, name)
	})
}

// endsWhole has the end of the context end the program with all that it started: pip runs
// compilers.
func endsWhole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
}

// fewLines is how much of what a program said is told as it is.
const fewLines = 10

// reason hands lines on and keeps those that say why a program failed: the last that begins
// with ERROR, as pip's do, or else all where they are few, or else the last one.
type reason struct {
	to    io.Writer
	part  []byte // of a line
	error string
	lines []string // the first ones
	last  string
}

// Write keeps no more of a line than is worth showing.
func (r *reason) Write(p []byte) (int, error) {
	const longest = 1000
	for line := range bytes.Lines(p) {
		if room := longest - len(r.part); room > 0 {
			r.part = append(r.part, line[:min(room, len(line))]...)
		}
		if bytes.HasSuffix(line, []byte("\n")) {
			r.take(string(r.part))
			r.part = r.part[:0]
		}
	}
	return r.to.Write(p)
}

func (r *reason) take(line string) {
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	if text, ok := strings.CutPrefix(line, "ERROR: "); ok {
		r.error = text
	}
	if len(r.lines) <= fewLines {
		r.lines = append(r.lines, line)
	}
	r.last = line
}

func (r *reason) words() string {
	r.take(string(r.part))
	switch {
	case r.error != "":
		return r.error
	case r.last == "":
		return "it said nothing"
	case len(r.lines) <= fewLines:
		return strings.Join(r.lines, " ")
	}
	return r.last
}

package run_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childrenOf are the live processes that a process started under the given names, or
// under any.
func childrenOf(t *testing.T, parent int, names ...string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("this system has no /proc")
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		state, ppid := stateOf(pid)
		if ppid != parent || state == "Z" {
			continue
		}
		if len(names) == 0 || slices.Contains(names, commandOf(pid)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stateOf is the state and the parent of a process; "" when it is gone.
func stateOf(pid int) (state string, parent int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	_, _ = fmt.Sscanf(after, "%s %d", &state, &parent)
	return state, parent
}

// commandOf is the name under which a process was started.
func commandOf(pid int) string {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // none: it is gone
	name, _, _ := bytes.Cut(raw, []byte{0})
	return filepath.Base(string(name))
}

// killPlugins kills the plugins of a name that this process has started, and waits.
func killPlugins(t *testing.T, name string) {
	t.Helper()
	pids := childrenOf(t, os.Getpid(), name)
	if len(pids) == 0 {
		t.Fatalf("no plugin %s runs", name)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the end of "+name, func() bool { return len(childrenOf(t, os.Getpid(), name)) == 0 })
}

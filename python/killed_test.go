package python_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
)

// envKilled names what a host process that a test kills makes a plugin do. Plugins do not
// inherit it.
const envKilled = "TEST_HOST_TO_KILL"

func TestMain(m *testing.M) {
	if what := os.Getenv(envKilled); what != "" {
		fmt.Println("error", hostToKill(what))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// hostToKill trains the plugin that gets into trouble, says when it is at work, and waits.
func hostToKill(what string) error {
	h, err := host.Open(host.Options{Dirs: []string{"testdata/trouble"}})
	if err != nil {
		return err
	}
	r, err := h.Recommender(context.Background(), "trouble", json.RawMessage(`{"what": "`+what+`"}`))
	if err != nil {
		return err
	}
	return fit(context.Background(), r, func(contract.Progress) { fmt.Println("working") })
}

// A host that is killed with SIGKILL can tell nobody: whatever processes its plugin has
// started, they end with it.
func TestAKilledHostLeavesNoProcessOfAPlugin(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skipf("NOT PROVED HERE: that a killed host leaves no process; the test looks for them in /proc (%v)", err)
	}
	path := python(t)
	for _, c := range []struct {
		what  string
		least int // processes of the plugin at work
	}{
		{"workers", 3},    // os.fork
		{"daemons", 3},    // multiprocessing, fork, daemonic: as the workers of a DataLoader are
		{"children", 3},   // multiprocessing, fork, not daemonic
		{"spawned", 4},    // multiprocessing, spawn, with the tracker of its resources
		{"stubborn", 3},   // workers that ignore every signal that can be ignored
		{"dataloader", 3}, // torch.utils.data.DataLoader(num_workers=2)
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.what == "dataloader" && exec.Command(path, "-c", "import torch").Run() != nil {
				t.Skipf("NOT PROVED HERE: that no worker of a DataLoader is left; %s has no torch (make test-python has)", path)
			}
			killHost(t, c.what, c.least)
		})
	}
}

func killHost(t *testing.T, what string, least int) {
	tmp, err := os.MkdirTemp("", "k") // short enough for the paths of sockets; it marks the processes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), envKilled+"="+what, "TMPDIR="+tmp), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "working\n" {
		t.Fatalf("the host says %q, error %v", line, err)
	}
	t.Cleanup(func() {
		for _, pid := range marked(t, tmp, 0) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // what a test that failed found
		}
	})
	atWork := marked(t, tmp, cmd.Process.Pid)
	if len(atWork) < least {
		t.Errorf("the plugin has the processes %v at work, expected %d: the test proves nothing", atWork, least)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	began := time.Now()
	for time.Since(began) < 10*time.Second && len(marked(t, tmp, 0)) > 0 {
		time.Sleep(20 * time.Millisecond)
	}
	if left := marked(t, tmp, 0); len(left) > 0 {
		t.Errorf("%s after its host was killed, the processes %v of %v are left", time.Since(began).Round(time.Second), left, atWork)
	}
	t.Logf("%d processes were gone %s after their host", len(atWork), time.Since(began).Round(time.Millisecond))
}

// marked are the processes but one that were started with a mark in their environment,
// whatever group or session they are in. One that awaits its parent's look has none.
func marked(t *testing.T, mark string, but int) (found []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		environ, err := os.ReadFile(path)
		if err == nil && pid != but && bytes.Contains(environ, []byte(mark)) { // one that has just ended has no file
			found = append(found, pid)
		}
	}
	return found
}

package host_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

// envVictim names the plugin folder of a host process that a test kills. Plugins
// do not inherit a variable of this name.
const envVictim = "TEST_VICTIM_PLUGINS"

// victim is a host that gives each kind of plugin work without end, prints
// their process ids and waits to be killed.
func victim() int {
	h, err := host.Open(host.Options{Dirs: []string{os.Getenv(envVictim)}})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	ctx, slow := context.Background(), json.RawMessage(`{"delay":60000,"deaf":true}`)
	d, errD := h.Dataset(ctx, "fakedata", slow)
	r, errR := h.Recommender(ctx, "fakerec", slow)
	b, errB := h.Backbone(ctx, "fakelm", json.RawMessage(`{"delay":60000}`))
	if errD != nil || errR != nil || errB != nil {
		fmt.Println("error", errD, errR, errB)
		return 1
	}
	go func() { _ = d.Plugin.Interactions(ctx, func(*contract.InteractionChunk) error { return nil }) }()
	go func() { _ = r.Plugin.Fit(ctx, spec(), train(1<<30), nil) }()
	go func() { _, _ = b.Plugin.Load(ctx, contract.Resources{}, nil) }()
	time.Sleep(200 * time.Millisecond) // the calls are under way
	fmt.Println("pids", d.PID(), r.PID(), b.PID())
	select {}
}

func TestPluginsEndWithinSecondsOfAHostThatIsKilled(t *testing.T) {
	tmp, err := os.MkdirTemp("", "v") // short enough for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envVictim+"="+contracttest.PluginDir(t, fakes()...), "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var pids [3]int
	if n, _ := fmt.Sscanf(line, "pids %d %d %d", &pids[0], &pids[1], &pids[2]); n != 3 {
		t.Fatalf("the host says %q, %v", line, err)
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Fatalf("plugin %d does not run before its host is killed", pid)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	began := time.Now()
	for _, pid := range pids {
		if !gone(pid, 5*time.Second) {
			t.Errorf("plugin %d still runs %s after its host was killed", pid, time.Since(began))
		}
	}
	t.Logf("all plugins were gone %s after their host", time.Since(began).Round(time.Millisecond))
	checkNextHostCleans(t, tmp)
}

// checkNextHostCleans opens a host after one was killed: its folder goes.
func checkNextHostCleans(t *testing.T, tmp string) {
	left := func() []string {
		dirs, err := filepath.Glob(filepath.Join(tmp, "cllm4rec-run-*"))
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	if len(left()) != 1 {
		t.Fatalf("the killed host left %v, want one folder", left())
	}
	t.Setenv("TMPDIR", tmp)
	first, err := host.Open(host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := host.Open(host.Options{}) // leaves the living one's folder alone
	if err != nil {
		t.Fatal(err)
	}
	if len(left()) != 2 {
		t.Errorf("with two hosts alive there are %v", left())
	}
	for _, h := range []*host.Host{first, second} {
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(left()) != 0 {
		t.Errorf("closed hosts left %v", left())
	}
}

// alive reports whether a process runs; one that awaits its parent's look, as in
// a container without a reaper, does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func gone(pid int, within time.Duration) bool {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !alive(pid) {
			return true
		}
	}
	return false
}

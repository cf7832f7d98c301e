package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// envKillTest holds "PLUGINS:OUT" for the process that is to be killed, and envKillPlan
// the file that it runs.
const (
	envKillTest = "CLLM4REC_KILL_TEST"
	envKillPlan = "CLLM4REC_KILL_PLAN"
)

// slowPlan has a quick method and one that takes a minute.
func slowPlan() string {
	return strings.Replace(plan, "methods:\n", "methods:\n  - {name: Quick, recommender: {plugin: fakerec, params: {weight: 3}}}\n  - {name: Slow, recommender: {plugin: fakerec, params: {delay: 60000, weight: 2}}}\n", 1)
}

// hostToBeKilled runs a plan in a process of its own.
func hostToBeKilled() int {
	dir, out, _ := strings.Cut(os.Getenv(envKillTest), ":")
	_ = os.Unsetenv(envKillTest) // plugins are this test binary, too
	if err := killable(dir, out, os.Getenv(envKillPlan)); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func killable(dir, out, file string) (err error) {
	ctx := context.Background()
	h, err := host.Open(host.Options{Dirs: []string{dir}, Threads: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(ctx)) }()
	plugins, err := run.NewHost(h)
	if err != nil {
		return err
	}
	p, err := experiment.Load(ctx, file, experiment.Options{Plugins: plugins, RowsMayFail: true})
	if err != nil {
		return err
	}
	plugins.Release(ctx)
	store, err := record.Open(out)
	if err != nil {
		return err
	}
	_, err = run.Run(ctx, p, run.Options{Store: store, Plugins: plugins, Watch: &watcher{}, Threads: 1, Checkpoint: time.Millisecond})
	return err
}

// victim runs a plan in the bench's folder by a process of its own.
func (b *bench) victim(text string) *exec.Cmd {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	victim := exec.Command(self)
	victim.Env = append(os.Environ(), envKillTest+"="+contracttest.PluginDir(b.t, fakes()...)+":"+b.out, envKillPlan+"="+file)
	victim.Stderr = os.Stderr
	if err := victim.Start(); err != nil {
		b.t.Fatal(err)
	}
	return victim
}

func kill(t *testing.T, victim *exec.Cmd) {
	t.Helper()
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
}

func TestARunThatWasKilledContinues(t *testing.T) {
	b := newBench(t)
	victim := b.victim(slowPlan())
	waitFor(t, "the first record", func() bool { return len(found(t, b.out, "record.json")) == 1 })
	waitFor(t, "the slow trial", func() bool { return len(found(t, b.out, "work")) == 1 })
	kill(t, victim)
	p := b.plan(strings.Replace(slowPlan(), "delay: 60000", "delay: 1", 1))
	s, w := b.mustRun(p)
	if s.Cached != 1 || s.Done != len(p.Trials)-1 || s.Failed != 0 || w.cached[0] != "Quick 1" {
		t.Errorf("got %+v %+v", s, w)
	}
}

func found(t *testing.T, out, name string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(out, "trials", "*", name))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

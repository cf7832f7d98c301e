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
// the file that it runs, if not slowPlan.
const (
	envKillTest = "CLLM4REC_KILL_TEST"
	envKillPlan = "CLLM4REC_KILL_PLAN"
)

// slowPlan has a quick method and one that takes a minute.
func slowPlan() string {
	return strings.Replace(plan, "methods:\n", "methods:\n  - {name: Quick, recommender: {plugin: fakerec, params: {weight: 3}}}\n  - {name: Slow, recommender: {plugin: fakerec, params: {delay: 60000, weight: 2}}}\n", 1)
}

// hostToBeKilled runs slowPlan in a process of its own.
func hostToBeKilled() int {
	dir, out, _ := strings.Cut(os.Getenv(envKillTest), ":")
	text := slowPlan()
	if file := os.Getenv(envKillPlan); file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 1
		}
		text = string(raw)
	}
	_ = os.Unsetenv(envKillTest) // plugins are this test binary, too
	if err := killable(dir, out, text); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func killable(dir, out, text string) (err error) {
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
	p, err := experiment.Parse(ctx, "killed.yaml", []byte(text), experiment.Options{Plugins: plugins, RowsMayFail: true})
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

func TestARunThatWasKilledContinues(t *testing.T) {
	b := newBench(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := contracttest.PluginDir(t, fakes()...)
	victim := exec.Command(self)
	victim.Env = append(os.Environ(), envKillTest+"="+dir+":"+b.out)
	victim.Stderr = os.Stderr
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first record", func() bool { return len(found(t, b.out, "record.json")) == 1 })
	waitFor(t, "the slow trial", func() bool { return len(found(t, b.out, "work")) == 1 })
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
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

package host_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

// impatient starts the fake recommender under a host that waits for moments.
func impatient(t *testing.T, patience host.Patience, params string) (*host.Running[contract.Recommender], error) {
	t.Helper()
	h := contracttest.Host(t, host.Options{Patience: patience, StopTimeout: 500 * time.Millisecond}, fakes()...)
	return h.Recommender(t.Context(), "fakerec", json.RawMessage(params))
}

// freeze stops a process and waits until all its threads have stopped.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil || time.Now().After(end) {
			t.Fatalf("process %d does not stop: %v", pid, err)
		}
		if !slices.ContainsFunc(threads, func(path string) bool {
			stat, err := os.ReadFile(path)
			return err == nil && !strings.Contains(string(stat), ") T ")
		}) {
			return
		}
	}
}

func TestAPluginThatHangsInAShortCallIsKilled(t *testing.T) {
	t.Parallel()
	_, err := impatient(t, host.Patience{Short: 3 * time.Second, Answer: 10 * time.Second}, `{"hang":"Configure"}`)
	mustBe(t, err, contract.ErrDied, "plugin fakerec did not answer Configure within 3s and was killed")
}

func TestALongCallWithoutASignOfWorkIsEnded(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Fit", "Rank"} {
		r, err := impatient(t, host.Patience{Silence: 2 * time.Second, Answer: 10 * time.Second}, fmt.Sprintf(`{"hang":%q}`, call))
		if err != nil {
			t.Fatal(err)
		}
		err = r.Plugin.Fit(t.Context(), spec(), train(3), nil)
		if call == "Rank" {
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Plugin.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}})
		}
		mustBe(t, err, contract.ErrDied, "plugin fakerec gave no sign of work in "+call+" for 2s, neither progress nor processor time, and was killed")
		if alive(r.PID()) {
			t.Errorf("the plugin that hung in %s lives", call)
		}
	}
}

func TestProgressAndProcessorTimeAreSignsOfWork(t *testing.T) {
	t.Parallel()
	patience := host.Patience{Silence: 4 * time.Second, Answer: 10 * time.Second}
	slow, err := impatient(t, patience, `{"delay":600}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.Plugin.Fit(t.Context(), spec(), train(10), nil); err != nil {
		t.Errorf("steps of 0.6 s: %v", err)
	}
	busy, err := impatient(t, patience, `{"busy":6000}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := busy.Plugin.Fit(t.Context(), spec(), train(1), nil); err != nil {
		t.Errorf("one step of 6 s on a processor: %v", err)
	}
}

func TestAStoppedProcessIsKilledInEveryCall(t *testing.T) {
	t.Parallel()
	patience := host.Patience{Answer: time.Second}
	r, err := impatient(t, patience, `{"delay":60000}`)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(r.PID(), syscall.SIGSTOP) })
	began := time.Now()
	mustBe(t, r.Plugin.Fit(t.Context(), spec(), train(5), nil), contract.ErrDied,
		"plugin fakerec did not answer for 1s, as a process that is stopped or wedged, and was killed")
	if took := time.Since(began); took > 10*time.Second || alive(r.PID()) {
		t.Errorf("after %s it lives: %v", took, alive(r.PID()))
	}
	idle, err := impatient(t, patience, "")
	if err != nil {
		t.Fatal(err)
	}
	freeze(t, idle.PID())
	_, err = idle.Plugin.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}})
	mustBe(t, err, contract.ErrDied, "did not answer for 1s")
}

func TestAPluginThatIsAtRestIsLeftAlone(t *testing.T) {
	t.Parallel()
	r, err := impatient(t, host.Patience{Short: 2 * time.Second, Answer: 2 * time.Second, Silence: 2 * time.Second}, "")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if err := r.Plugin.Fit(t.Context(), spec(), train(3), nil); err != nil {
		t.Error(err)
	}
}

func TestStopKillsAPluginThatHangsInCloseOrIsStopped(t *testing.T) {
	t.Parallel()
	r, err := impatient(t, host.Patience{}, `{"hang":"Close"}`)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, r.Stop(t.Context()), contract.ErrDied, "plugin fakerec did not close within 500ms and was killed")
	still, err := impatient(t, host.Patience{}, "")
	if err != nil {
		t.Fatal(err)
	}
	freeze(t, still.PID())
	began := time.Now()
	mustBe(t, still.Stop(t.Context()), contract.ErrDied, "did not close")
	if took := time.Since(began); took > 5*time.Second || alive(still.PID()) {
		t.Errorf("after %s it lives: %v", took, alive(still.PID()))
	}
}

// childOf is the process id that the knob Child told.
func childOf(t *testing.T, r host.Life) int {
	t.Helper()
	var pid int
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if n, _ := fmt.Sscanf(strings.Join(r.StderrTail(), "\n"), "child %d", &pid); n == 1 {
			return pid
		}
	}
	t.Fatalf("no child was told: %q", r.StderrTail())
	return 0
}

func TestAGrandchildEndsWithThePluginAndCostsNoTime(t *testing.T) {
	t.Parallel()
	r := recommender(t, `{"child":true}`)
	child := childOf(t, r)
	began := time.Now()
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*time.Second || !gone(child, time.Second) {
		t.Errorf("after %s the grandchild lives: %v", took, alive(child))
	}
	dying := recommender(t, `{"child":true,"die_at":1}`)
	child = childOf(t, dying)
	began = time.Now()
	mustBe(t, dying.Plugin.Fit(t.Context(), spec(), train(1), nil), contract.ErrDied, "signal killed", "step 1 kills its process as asked")
	if took := time.Since(began); took > 3*time.Second || !gone(child, time.Second) {
		t.Errorf("after %s the grandchild of a dead plugin lives: %v", took, alive(child))
	}
}

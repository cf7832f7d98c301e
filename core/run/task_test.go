package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

// stored saves a plan in the bench's folder and reads it again, as another process does.
func (b *bench) stored(text string) *experiment.Plan {
	b.t.Helper()
	store, err := record.Open(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if _, err := run.SavePlan(b.t.Context(), store, b.plan(text)); err != nil {
		b.t.Fatal(err)
	}
	return storedPlan(b.t, b.out)
}

// task does a task of the stored plan by a process of its own.
func (b *bench) task(name string, plugins experiment.Catalogue) (run.Summary, error) {
	b.t.Helper()
	p := storedPlan(b.t, b.out)
	t, err := run.ParseTask(p, name)
	if err != nil {
		return run.Summary{}, err
	}
	store, err := record.Open(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	return run.RunTask(b.t.Context(), p, t, plugins, run.Options{Store: store, Plugins: b.plugins, Watch: &watcher{}, Threads: 1, Program: "test"})
}

func TestTheTasksOfAStoredPlanGiveTheTableOfARun(t *testing.T) {
	whole, b := newBench(t), newBench(t)
	p := whole.plan(searchPlan)
	whole.mustRun(p)
	var names []string
	for i, stage := range run.Stages(b.stored(searchPlan), func(run.Task) bool { return false }) {
		names = append(names, stage.Name)
		if stage.Name == "trials0" && !slices.Equal(stage.After, []int{0}) || stage.Name == "trials2" && len(stage.After) != i {
			t.Errorf("%s comes after %v", stage.Name, stage.After)
		}
		for _, task := range stage.Tasks {
			if s, err := b.task(task.String(), b.plugins); err != nil || s.Done != 1 || s.Failed != 0 {
				t.Fatalf("%s: %+v, error %v", task, s, err)
			}
		}
	}
	if want := []string{"data", "search0", "trials0", "trials1", "trials2"}; !slices.Equal(names, want) {
		t.Errorf("stages %q", names)
	}
	if got, want := b.table(storedPlan(t, b.out), report.CSV), whole.table(p, report.CSV); got != want {
		t.Errorf("by tasks:\n%s\nby a run:\n%s", got, want)
	}
	if s, err := b.task(p.Trials[0].Key[:8], b.plugins); err != nil || s.Cached != 1 {
		t.Errorf("a finished trial: %+v, error %v", s, err)
	}
}

// rebuilt is a catalogue in which a plugin has another binary.
type rebuilt struct {
	experiment.Catalogue
	name string
}

func (r rebuilt) Describe(ctx context.Context, kind contract.Kind, name string) (experiment.Plugin, error) {
	p, err := r.Catalogue.Describe(ctx, kind, name)
	if name == r.name {
		p.Checksum = strings.Repeat("0", 64)
	}
	return p, err
}

func TestATaskRefusesAPluginThatChangedAfterThePlanAndNamesIt(t *testing.T) {
	b := newBench(t)
	p := b.stored(popular(""))
	for _, name := range []string{"fakedata", "fakerec"} {
		if _, err := b.task(p.Trials[0].Key, rebuilt{b.plugins, name}); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "plugin "+name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestATaskWhoseNeedWasNotDoneIsNotDone(t *testing.T) {
	b := newBench(t)
	p := b.stored(needsPlan)
	at := slices.IndexFunc(p.Trials, func(trial experiment.Trial) bool { return p.Methods[trial.Method].Name == "Warm" })
	if _, err := b.task(p.Trials[at].Key, b.plugins); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "it needs ") {
		t.Errorf("got %v", err)
	}
	if records := found(t, b.out, "record.json"); len(records) != 0 {
		t.Errorf("records %v", records)
	}
}

func TestATaskThatThePlanDoesNotHaveIsRefused(t *testing.T) {
	p := newBench(t).plan(searchPlan)
	for _, name := range []string{"", "zz", "data:1", "data:x", "data:0:0", "search:0:1", "search:0:9", "trial:0:0:5", "trial:0:0", "else:0"} {
		if task, err := run.ParseTask(p, name); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%q is %v, error %v", name, task, err)
		}
	}
	for _, name := range []string{"data:0", "search:0:0", "trial:0:2:4"} {
		if task, err := run.ParseTask(p, name); err != nil || task.String() != name {
			t.Errorf("%q is %v, error %v", name, task, err)
		}
	}
}

func TestATaskIsNotHeldAgainstTheMemoryThatIsFree(t *testing.T) {
	b := newBench(t)
	b.mustRun(b.plan(strings.Replace(popular(""), "seeds: [1, 2]", "seeds: [1]", 1)))
	p := b.plan(popular(""))
	b.claimMemory(p.Trials[0].Key, 1<<50)
	if _, _, err := b.run(p); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Fatalf("a run: got %v", err)
	}
	b.stored(popular(""))
	for _, name := range []string{"data:0", p.Trials[1].Key} {
		if s, err := b.task(name, b.plugins); err != nil || s.Done != 1 {
			t.Errorf("%s: %+v, error %v", name, s, err)
		}
	}
}

// claimMemory makes a record say that its method took so many bytes.
func (b *bench) claimMemory(key string, bytes int64) {
	b.t.Helper()
	store, err := record.Open(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	path := filepath.Join(store.Folder(key), "record.json")
	text, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	text = regexp.MustCompile(`"peak_rss": *\d+`).ReplaceAll(text, fmt.Appendf(nil, `"peak_rss": %d`, bytes))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// TestADataSetThatCannotBeReadFailsTheTaskAlone: elsewhere it may be readable, so that
// other trials are left to run and finished records stay.
func TestADataSetThatCannotBeReadFailsTheTaskAlone(t *testing.T) {
	b := newBench(t)
	broken := strings.Replace(searchPlan, "params: {", "params: {fail_at: 2, ", 1)
	p := b.stored(broken)
	for _, name := range []string{"data:0", "search:0:0", "trial:0:0:3"} {
		if s, err := b.task(name, b.plugins); err != nil || s.Failed != 1 || !errors.Is(s.Err, contract.ErrBadData) {
			t.Errorf("%s: %+v, error %v", name, s, err)
		}
	}
	if records := found(t, b.out, "record.json"); len(records) != 0 {
		t.Errorf("tasks that are no trial left the records %v", records)
	}
	if s, err := b.task(p.Trials[0].Key, b.plugins); err != nil || s.Failed != 1 {
		t.Errorf("a trial: %+v, error %v", s, err)
	}
	if records := found(t, b.out, "record.json"); len(records) != 1 || !strings.Contains(records[0], p.Trials[0].Key) {
		t.Errorf("records %v", records)
	}
}

package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

// TaskKind is a kind of Task.
type TaskKind string

// The kinds of tasks.
const (
	TaskData   TaskKind = "data"   // prepare a data set
	TaskSearch TaskKind = "search" // search a method on a data set
	TaskTrial  TaskKind = "trial"
)

// Task is a part of a plan that a process does by itself. Numbers are places in the plan.
type Task struct {
	Kind    TaskKind
	Dataset int
	Method  int    // of a search or a trial
	Seed    uint64 // of a trial
}

// TaskOf is the task of a trial.
func TaskOf(t experiment.Trial) Task { return Task{TaskTrial, t.Dataset, t.Method, t.Seed} }

// String is such as data:0, search:0:2 or trial:0:2:7.
func (t Task) String() string {
	switch t.Kind {
	case TaskData:
		return fmt.Sprintf("%s:%d", t.Kind, t.Dataset)
	case TaskSearch:
		return fmt.Sprintf("%s:%d:%d", t.Kind, t.Dataset, t.Method)
	}
	return fmt.Sprintf("%s:%d:%d:%d", t.Kind, t.Dataset, t.Method, t.Seed)
}

// cell is where a trial of the plan stands.
func (t Task) cell() cell { return cell{t.Dataset, t.Method, t.Seed} }

// shortestKey is how much of a key names a trial.
const shortestKey = 6

// ParseTask is the task that a text names: the key of a trial or its beginning, or what
// String makes. ErrInvalid when the plan does not have it.
func ParseTask(plan *experiment.Plan, text string) (Task, error) {
	kind, rest, numbered := strings.Cut(text, ":")
	if !numbered {
		return keyed(plan, text)
	}
	var n []uint64
	for _, field := range strings.Split(rest, ":") {
		v, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return Task{}, noTask(plan, text)
		}
		n = append(n, v)
	}
	fields := map[TaskKind]int{TaskData: 1, TaskSearch: 2, TaskTrial: 3}[TaskKind(kind)]
	if fields == 0 || len(n) != fields || n[0] >= uint64(len(plan.Datasets)) {
		return Task{}, noTask(plan, text)
	}
	n = append(n, 0, 0)
	t := Task{TaskKind(kind), int(n[0]), 0, n[2]}
	if fields > 1 {
		if n[1] >= uint64(len(plan.Methods)) {
			return Task{}, noTask(plan, text)
		}
		t.Method = int(n[1])
	}
	searched := plan.Methods[t.Method].Search != nil
	if t.Kind == TaskSearch && !searched || t.Kind == TaskTrial && !slices.Contains(plan.Seeds, t.Seed) {
		return Task{}, noTask(plan, text)
	}
	return t, nil
}

// keyed is the trial of a key.
func keyed(plan *experiment.Plan, key string) (Task, error) {
	found := map[string]Task{}
	for _, t := range plan.Trials {
		if _, seen := found[t.Key]; !seen && len(key) >= shortestKey && strings.HasPrefix(t.Key, key) {
			found[t.Key] = TaskOf(t)
		}
	}
	switch len(found) {
	case 0:
		return Task{}, noTask(plan, key)
	case 1:
		for _, t := range found {
			return t, nil
		}
	}
	return Task{}, contract.Errorf(contract.ErrInvalid, "%d trials of %s have keys that begin with %s", len(found), plan.Name, key)
}

func noTask(plan *experiment.Plan, text string) error {
	return contract.Errorf(contract.ErrInvalid, "the plan of %s has no trial %q; expected a key (%d of its digits or more; `cllm4rec plan` shows them), data:DATASET, search:DATASET:METHOD or trial:DATASET:METHOD:SEED with places in the plan from 0", plan.Name, text, shortestKey)
}

// Stage is a part of a plan whose tasks may be done side by side.
type Stage struct {
	Name  string
	Tasks []Task
	After []int // stages that come before it
}

// Stages are the tasks of a plan that settled does not count out: data sets first, then
// searches and trials, each after the trials that it needs.
func Stages(plan *experiment.Plan, settled func(Task) bool) []Stage {
	var trials, searches [][]Task // by how many steps stand before them
	used := map[int]bool{}
	put := func(levels *[][]Task, at int, t Task) {
		if !plan.Selected(t.Method) || settled(t) {
			return
		}
		for len(*levels) <= at {
			*levels = append(*levels, nil)
		}
		(*levels)[at], used[t.Dataset] = append((*levels)[at], t), true
	}
	for d := range plan.Datasets {
		for m := range plan.Methods {
			for _, seed := range plan.Seeds {
				put(&trials, level(plan, m), Task{TaskTrial, d, m, seed})
			}
			if plan.Methods[m].Search != nil {
				put(&searches, searchLevel(plan, m), Task{TaskSearch, d, m, 0})
			}
		}
	}
	var data []Task
	for d := range plan.Datasets {
		if used[d] {
			data = append(data, Task{Kind: TaskData, Dataset: d})
		}
	}
	stages := add(nil, "data", data)
	for at := range max(len(trials), len(searches)) {
		for _, of := range []struct {
			name   string
			levels [][]Task
		}{{"search", searches}, {"trials", trials}} {
			if at < len(of.levels) {
				stages = add(stages, of.name+strconv.Itoa(at), of.levels[at])
			}
		}
	}
	return stages
}

// add adds a stage behind the others. What needs no search waits for the data alone.
func add(stages []Stage, name string, tasks []Task) []Stage {
	if len(tasks) == 0 {
		return stages
	}
	s := Stage{Name: name, Tasks: tasks}
	for i, before := range stages {
		if name != "trials0" || before.Name == "data" {
			s.After = append(s.After, i)
		}
	}
	return append(stages, s)
}

// level is how many steps a method stands behind the data: none when it needs no other and
// no search.
func level(plan *experiment.Plan, method int) int {
	at := searchLevel(plan, method)
	if plan.Methods[method].Search != nil {
		at++
	}
	return at
}

// searchLevel is how many steps the search of a method stands behind the data: none when the
// method needs no other.
func searchLevel(plan *experiment.Plan, method int) (at int) {
	for _, need := range plan.Methods[method].Needs {
		at = max(at, 1+level(plan, need))
	}
	return at
}

package run_test

import (
	"fmt"
	"strings"
	"testing"

	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

// chainPlan searches a row that takes the vectors of one that is searched too, and stands
// behind it in the file.
const chainPlan = `
name: chain
seeds: [3, 4]` + twoTastes + `
search: {sampler: grid, metrics: [ndcg@10]}
evaluate: {metrics: [recall@5]}
methods:
  - {name: Both, ensemble: {of: [Taker, Giver]}}
  - name: Taker
    recommender: {plugin: fakeepochs, features: [{of: Giver, entity: item}], train: {rule: last}}
    search: {space: {train.epochs: {values: [1, 2]}, params.peak: {values: [1, 3]}}}
  - name: Giver
    recommender: {plugin: fakeepochs, params: {peak: 3}, train: {rule: last}}
    search: {space: {train.epochs: {values: [1, 3]}}}
`

// unsearched is the chain with the values that searches of a plan chose.
func unsearched(giver, taker, peak any) string {
	text := strings.Replace(chainPlan, "    search: {space: {train.epochs: {values: [1, 2]}, params.peak: {values: [1, 3]}}}\n", "", 1)
	text = strings.Replace(text, "    search: {space: {train.epochs: {values: [1, 3]}}}\n", "", 1)
	text = strings.Replace(text, "entity: item}], train: {rule: last}", fmt.Sprintf("entity: item}], params: {peak: %v}, train: {rule: last, epochs: %v}", peak, taker), 1)
	return strings.Replace(text, "params: {peak: 3}, train: {rule: last}", fmt.Sprintf("params: {peak: 3}, train: {rule: last, epochs: %v}", giver), 1)
}

func TestASearchOfARowThatTakesVectorsComesAfterTheRowThatGivesThem(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		b := newBench(t)
		p := b.plan(chainPlan)
		if len(p.Trials) != 0 {
			t.Fatalf("%d trials before the searches", len(p.Trials))
		}
		s, w, err := b.runWith(p, run.Options{Plugins: b.plugins, Jobs: jobs})
		if err != nil || s.Done != 6 || s.Failed != 0 || len(p.Choices) != 2 || len(p.Choices[0].Tried) != 2 || len(p.Choices[1].Tried) != 4 {
			t.Fatalf("%d jobs: summary %+v, choices %+v, failed %v, error %v", jobs, s, p.Choices, w.failed, err)
		}
		giver, taker := p.Choices[0], p.Choices[1]
		values := taker.Tried[taker.Best].Values
		same := b.plan(unsearched(giver.Tried[giver.Best].Values["train.epochs"], values["train.epochs"], values["params.peak"]))
		if again, _ := b.mustRun(same); again.Cached != 6 {
			t.Errorf("%d jobs: the same settings by hand: %+v", jobs, again)
		}
		repeated := b.plan(chainPlan)
		if again, w := b.mustRun(repeated); again.Cached != 6 || len(w.started) != 0 {
			t.Errorf("%d jobs: run again: %+v, started %q", jobs, again, w.started)
		}
	}
}

func TestTasksSearchARowThatTakesVectorsAsARunDoes(t *testing.T) {
	whole, b := newBench(t), newBench(t)
	p := whole.plan(chainPlan)
	whole.mustRun(p)
	stages := run.Stages(b.stored(chainPlan), func(run.Task) bool { return false })
	var names []string
	for _, stage := range stages {
		names = append(names, stage.Name)
	}
	if got := fmt.Sprint(names); got != "[data search0 trials1 search2 trials3 trials4]" {
		t.Fatalf("stages %s", got)
	}
	if _, err := b.task(stages[3].Tasks[0].String(), b.plugins); err == nil || !strings.Contains(err.Error(), "the search of Taker on Two tastes needs a trial of each method whose vectors it takes") {
		t.Errorf("the second search before the first: %v", err)
	}
	for _, stage := range stages {
		for _, task := range stage.Tasks {
			if s, err := b.task(task.String(), b.plugins); err != nil || s.Done != 1 || s.Failed != 0 {
				t.Fatalf("%s: %+v, error %v", task, s, err)
			}
		}
	}
	if got, want := b.table(storedPlan(t, b.out), report.CSV), whole.table(p, report.CSV); got != want {
		t.Errorf("by tasks:\n%s\nby a run:\n%s", got, want)
	}
}

func TestASearchWhoseInputFailedFailsItsRowAndSaysWhy(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(unsearched(3, 1, 1), "params: {peak: 3}", "params: {peak: 3, fail_at: 1}", 1)
	p := b.plan(strings.Replace(text, "params: {peak: 1}, train: {rule: last, epochs: 1}}", "train: {rule: last}}\n    search: {space: {train.epochs: {values: [1, 2]}}}", 1))
	s, w := b.mustRun(p)
	if s.Done != 0 || len(p.Choices) != 1 || p.Choices[0].Best != -1 || p.Choices[0].Tried[0].Error != "it needs Giver, which failed" {
		t.Errorf("summary %+v, choices %+v, failed %v", s, p.Choices, w.failed)
	}
}

// TestALinearPartIsAddedToWhatASearchFound: the row with the linear part has the same search
// as the row without, and takes what that finds.
func TestALinearPartIsAddedToWhatASearchFound(t *testing.T) {
	b := newBench(t)
	search := `, search: {sampler: grid, space: {finetune.epochs: {values: [0, 2]}}}`
	searched := strings.TrimSuffix(fmt.Sprintf(tower, fromTitles), "}") + search + "}"
	p := b.plan(rows(taste, searched, `{name: Sum, base: Tower, cllm4rec: {linear: {of: Taste, gamma: 0.5}}}`))
	if s, _ := b.mustRun(p); s.Done != 3 || len(p.Choices) != 1 {
		t.Fatalf("summary %+v, choices %+v", s, p.Choices)
	}
	sum, learned := b.recordOf(p, "Sum"), b.recordOf(p, "Tower")
	if len(sum.Needs) != 2 || sum.Needs[0] != learned.Key {
		t.Errorf("the sum needs %v; the learned row is %s", sum.Needs, learned.Key)
	}
}

// Three rows of which each takes the vectors of the one before it, and all are searched.
func TestAChainOfThreeSearchesRuns(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(chainPlan, "of: [Taker, Giver]", "of: [Last, Giver]", 1) + `
  - name: Last
    recommender: {plugin: fakeepochs, features: [{of: Taker, entity: item}], train: {rule: last}}
    search: {space: {train.epochs: {values: [1, 2]}}}
`
	p := b.plan(text)
	if s, w := b.mustRun(p); s.Done != 8 || s.Failed != 0 || len(p.Choices) != 3 {
		t.Fatalf("summary %+v, choices %+v, failed %v", s, p.Choices, w.failed)
	}
	if again, w := b.mustRun(b.plan(text)); again.Cached != 8 || len(w.started) != 0 {
		t.Errorf("run again: %+v, started %q", again, w.started)
	}
}

func TestRowsBehindASearchThatFoundNothingFailWithIt(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(chainPlan, "params: {peak: 3}, train: {rule: last}}\n    search: {space: {train.epochs: {values: [1, 3]}}}", "train: {rule: last}}\n    search: {space: {params.fail_at: {values: [1, 2]}}}", 1)
	p := b.plan(text)
	s, _ := b.mustRun(p)
	if s.Done != 0 || s.Failed != 3 || s.Err == nil || !strings.Contains(s.Err.Error(), "Giver on Two tastes: each of 2 configurations failed") {
		t.Errorf("summary %+v", s)
	}
	for m, method := range p.Methods {
		if got := p.Hopeless(0, m); got != "Giver" {
			t.Errorf("%s: without a trial for %q, want Giver", method.Name, got)
		}
	}
	if table := b.table(p, report.Markdown); strings.Contains(table, "not run yet") || !strings.Contains(table, "as a search found no configuration that runs: Both, Taker, Giver") {
		t.Errorf("the table:\n%s", table)
	}
}

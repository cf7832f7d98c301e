package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// needsPlan has an ensemble of a pipeline and of a row that takes that pipeline's vectors,
// both before what they need.
const needsPlan = `
name: needs` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10, coverage@5]}
methods:
  - {name: Blend, ensemble: {of: [Warm, CLLM4Rec], weights: [1, 2]}}
  - {name: Warm, recommender: {plugin: fakeepochs, features: [{of: CLLM4Rec, entity: item}, {of: Cold, entity: user}], train: {epochs: 3}}}
  - {name: Cold, recommender: {plugin: fakeepochs, train: {epochs: 3}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm}
      warmup: {epochs: 1}
      pretrain: {epochs: 1, lr: 0.05}
      finetune: {epochs: 1, lr: 0.05}
`

// recordOf is the record of a method's first trial.
func (b *bench) recordOf(p *experiment.Plan, method string) *record.Record {
	b.t.Helper()
	for i, t := range p.Trials {
		if p.Methods[t.Method].Name == method {
			return b.record(p, i)
		}
	}
	b.t.Fatalf("no trial of %s", method)
	return nil
}

func TestRowsThatNeedRowsRunAfterThem(t *testing.T) {
	var all []string
	for _, jobs := range []int{1, 3} {
		b := newBench(t)
		p := b.plan(needsPlan)
		s, w, err := b.runWith(p, run.Options{Plugins: b.plugins, Jobs: jobs})
		if err != nil || s.Done != 4 {
			t.Fatalf("%d jobs: %+v, %v, failed %v", jobs, s, err, w.failed)
		}
		blend, warm, cold := b.recordOf(p, "Blend"), b.recordOf(p, "Warm"), b.recordOf(p, "Cold")
		if len(blend.Needs) != 2 || blend.Needs[0] != warm.Key || blend.Needs[1] != b.recordOf(p, "CLLM4Rec").Key {
			t.Errorf("the ensemble needs %v", blend.Needs)
		}
		if results(warm) == results(cold) {
			t.Error("features make no difference")
		}
		for _, part := range []string{"validation", "test"} {
			if r := blend.Result(part); r == nil || r.Means["recall@5"] <= 0 || r.Overall["coverage@5"] <= 0 || r.Ranking == nil {
				t.Errorf("%s of the ensemble: %+v", part, r)
			}
		}
		if len(blend.Plugins) != 1 || len(cold.Vectors) != 1 || cold.Vectors[0].Entity != contract.EntityUser || len(warm.Vectors) != 0 {
			t.Errorf("plugins of the ensemble %v; vectors of Cold %v, of Warm %v", blend.Plugins, cold.Vectors, warm.Vectors)
		}
		all = append(all, results(blend)+results(warm))
		again, _ := b.mustRun(p)
		if again.Cached != 4 {
			t.Errorf("run again: %+v", again)
		}
	}
	if all[0] != all[1] {
		t.Errorf("jobs change the numbers: %s and %s", all[0], all[1])
	}
}

func TestAFailedInputIsAFailedCellThatNamesIt(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(needsPlan, "{plugin: fakeepochs, train:", "{plugin: fakeepochs, params: {fail_at: 1}, train:", 1))
	s, w := b.mustRun(p)
	if s.Done != 1 || s.Failed != 3 {
		t.Fatalf("summary %+v, failed %v", s, w.failed)
	}
	if got := b.recordOf(p, "Warm").Error; got != "it needs Cold, which failed" {
		t.Errorf("Warm: %q", got)
	}
	if got := b.recordOf(p, "Blend").Error; got != "it needs Warm, which failed" {
		t.Errorf("Blend: %q", got)
	}
}

func TestVectorsThatWereDamagedFailTheRowThatTakesThem(t *testing.T) {
	b := newBench(t)
	p := b.plan(needsPlan)
	b.mustRun(p)
	cold, warm := b.recordOf(p, "Cold"), b.recordOf(p, "Warm")
	file := filepath.Join(b.out, "trials", cold.Key, cold.Vectors[0].Name)
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), os.RemoveAll(filepath.Join(b.out, "trials", warm.Key))); err != nil {
		t.Fatal(err)
	}
	if s, _ := b.mustRun(p); s.Failed != 1 || !strings.Contains(s.Err.Error(), file+" is damaged") {
		t.Errorf("summary %+v", s)
	}
}

func TestStrataOfAnAttributeThatTheDataLackFailTheDataSet(t *testing.T) {
	b := newBench(t)
	s, w := b.mustRun(b.plan(strings.Replace(searchPlan, "evaluate:", "table: {strata: {user_attributes: [nota]}}\nevaluate:", 1)))
	if s.Done != 0 || s.Err == nil || !strings.Contains(s.Err.Error(), `has no attribute "nota" of users; did you mean "note"`) || len(w.unreadable) != 1 {
		t.Errorf("summary %+v, told %q", s, w.unreadable)
	}
}

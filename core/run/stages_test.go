package run_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/claim"
	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/experiment"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"
)

// sharePlan has rows that share one warm-up, and four that share one pretraining, of
// which one selects within it.
const sharePlan = `
name: shared` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - name: One
    cllm4rec:
      backbone: {plugin: fakelm}
      warmup: {epochs: 2}
      pretrain: {epochs: 3, lr: 0.05}
      finetune: {epochs: 2, lr: 0.05}
      select: {metrics: [recall@5]}
  - {name: Mask, base: One, cllm4rec: {finetune: {mask: 0.5}}}
  - {name: Targets, base: One, cllm4rec: {targets: all}}
  - {name: PreRec, base: One, cllm4rec: {finetune: {epochs: 0}}}
  - {name: Zero, base: One, cllm4rec: {pretrain: {lambda_c: 0}}}
  - {name: Ten, base: One, cllm4rec: {pretrain: {lambda_c: 10}}}
`

func TestTrialsThatShareStagesHaveTheNumbersOfTrialsThatDoNot(t *testing.T) {
	alone := newBench(t)
	p := alone.plan(sharePlan)
	alone.mustRun(p)
	for _, jobs := range []int{1, 3} {
		b := newBench(t)
		store := stage.NewStore(filepath.Join(t.TempDir(), "stages"), claim.Options{})
		predicted, err := b.forecast(p).Savings(store.Has)
		if err != nil {
			t.Fatal(err)
		}
		if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, Stages: store, Jobs: jobs}); err != nil || s.Failed > 0 {
			t.Fatalf("%+v, error %v", s, err)
		}
		if got, want := b.rankings(p), alone.rankings(p); got != want {
			t.Errorf("%d jobs: with the store the files are\n%s\nwithout\n%s", jobs, got, want)
		}
		all, spared, made := b.tokens(p)
		if share := float64(spared) / float64(all); jobs == 1 && (share < predicted.Share()-0.1 || share > predicted.Share()+0.1) {
			t.Errorf("%.2f of the tokens were spared, predicted were %.2f", share, predicted.Share())
		}
		entries, err := store.List()
		if err != nil || len(entries) != 5 || jobs == 1 && made != 4 {
			t.Errorf("%d jobs: %d results, %d made by trials for themselves, error %v: %+v", jobs, len(entries), made, err, entries)
		}
		for _, e := range entries {
			if err := store.Verify(e); err != nil || !strings.Contains(e.About.What, "by fakelm on Two tastes, seed 1") || e.About.Program != "test" {
				t.Errorf("%+v, error %v", e, err)
			}
		}
	}
}

// tokens counts those of all passes of the records, those that trials were spared, and
// the results that trials made on their way.
func (b *bench) tokens(p *experiment.Plan) (all, spared int64, made int) {
	b.t.Helper()
	for i := range p.Trials {
		var r cllm4rec.Report
		if err := json.Unmarshal(b.record(p, i).Pipeline, &r); err != nil {
			b.t.Fatal(err)
		}
		for _, pass := range r.Passes {
			all += pass.Tokens
		}
		var most int64
		for _, s := range r.Stages {
			if s.Made {
				made++
			} else {
				most = max(most, s.Tokens)
			}
		}
		spared += most
	}
	return all, spared, made
}

func TestASecondFolderOfRecordsTakesTheStagesOfTheFirst(t *testing.T) {
	store := stage.NewStore(filepath.Join(t.TempDir(), "stages"), claim.Options{})
	for i := range 2 {
		b := newBench(t)
		p := b.plan(sharePlan)
		if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, Stages: store}); err != nil || s.Failed > 0 {
			t.Fatalf("%+v, error %v", s, err)
		}
		if _, _, made := b.tokens(p); i == 1 && made != 0 {
			t.Errorf("%d results were made again", made)
		}
	}
}

package run_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"
)

// resumePlan has one trial of each kind that learns in epochs; DELAY is that of a step.
const resumePlan = `
name: resumed` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - {name: Factors, recommender: {plugin: fakeepochs, params: {delay: DELAY}, train: {epochs: 12, metrics: [ndcg@10]}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm, params: {delay: DELAY}}
      warmup: {epochs: 2}
      pretrain: {epochs: 2, lr: 0.05}
      finetune: {epochs: 2, lr: 0.05}
      batch: 4
      optimiser: {schedule: cosine}
      select: {metrics: [recall@5]}
`

// killedAt runs a plan in a process and kills that when the trial of a method has
// committed a state that is far enough.
func (b *bench) killedAt(text string, trial int, far func(state string) bool) {
	b.t.Helper()
	victim := b.victim(text)
	work := stage.Folder{Dir: filepath.Join(b.out, "trials", b.plan(text).Trials[trial].Key, "work")}
	waitFor(b.t, "a checkpoint", func() bool {
		m, err := work.Manifest()
		return err == nil && far(string(m.State))
	})
	kill(b.t, victim)
}

// rankings are the checksums of what each trial recommended.
func (b *bench) rankings(p *experiment.Plan) string {
	b.t.Helper()
	var all []record.File
	for i := range p.Trials {
		for _, r := range b.record(p, i).Results {
			all = append(all, *r.Ranking, r.PerUser)
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(raw)
}

func TestATrialThatIsKilledGoesOnWhereItWas(t *testing.T) {
	text := strings.ReplaceAll(resumePlan, "DELAY", "10")
	whole := newBench(t)
	want := whole.plan(text)
	whole.mustRun(want)
	for trial, far := range []func(string) bool{
		func(state string) bool { return strings.Contains(state, `"epoch": 5`) },
		func(state string) bool {
			return strings.Contains(state, `"next": 3`) && strings.Contains(state, `"part": {`)
		},
	} {
		b := newBench(t)
		b.killedAt(text, trial, far)
		p := b.plan(text)
		s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, Checkpoint: time.Minute})
		if err != nil || s.Failed > 0 {
			t.Fatalf("%+v, error %v", s, err)
		}
		if got := b.record(p, trial); got.Resumed != 1 || got.Times.Train <= 0 {
			t.Errorf("trial %d went on %d times, expected once", trial, got.Resumed)
		}
		if got := b.rankings(p); got != whole.rankings(want) {
			t.Errorf("after a kill of trial %d the files are\n%s\nwithout\n%s", trial, got, whole.rankings(want))
		}
		if left := found(t, b.out, "work"); len(left) > 0 {
			t.Errorf("work folders stay: %v", left)
		}
	}
}

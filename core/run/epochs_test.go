package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/record"
	"cllm4rec/core/train"
)

// epochsPlan has CLLM4Rec and a recommender that learns in epochs, both with the same
// settings of selection.
const epochsPlan = `
name: epochs` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - {name: Factors, recommender: {plugin: fakeepochs, params: {peak: 3}, train: {epochs: 40, patience: 2, metrics: [ndcg@10]}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm}
      warmup: {epochs: 1}
      pretrain: {epochs: 1, lr: 0.05}
      finetune: {epochs: 40, lr: 0.5}
      select: {patience: 2, metrics: [ndcg@10]}
  - {name: Long, recommender: {plugin: fakeepochs, params: {peak: 3}, train: {epochs: 40, metrics: [ndcg@10]}}}
`

// stopped reads the log of a stage by the rule of patience: the best epoch, and the one
// after which training should have ended.
func stopped(log []train.Entry, stage string, patience int) (best, last int, scores []float64) {
	since := 0
	for _, e := range log {
		if e.Stage != stage || e.Validation == nil {
			continue
		}
		if best == 0 || *e.Validation > slices.Max(scores) {
			best, since = e.Epoch, 0
		} else {
			since++
		}
		scores = append(scores, *e.Validation)
		if last = e.Epoch; since == patience {
			break
		}
	}
	return best, last, scores
}

func TestCLLM4RecAndAnEpochWiseRecommenderStopByTheSameCode(t *testing.T) {
	b := newBench(t)
	p := b.plan(epochsPlan)
	if s, _ := b.mustRun(p); s.Done != 3 {
		t.Fatalf("summary %+v", s)
	}
	for trial, stage := range map[int]string{0: "train", 1: "finetune"} {
		rec := b.record(p, trial)
		best, last, scores := stopped(rec.Log, stage, 2)
		if n := len(scores); last == 40 || last != best+2 || n != last {
			t.Errorf("%s: best %d, stopped after %d, scores %v", rec.Method, best, last, scores)
		}
		if got := rec.Log[len(rec.Log)-1]; got.Epoch != last || got.Validation == nil {
			t.Errorf("%s: the log goes on behind the last validation: %+v", rec.Method, got)
		}
		// The model that ranks is the best epoch's: what is measured is what was selected.
		if got := rec.Result("validation").Means["ndcg@10"]; got != slices.Max(scores) {
			t.Errorf("%s: ranks with %v on validation, the best was %v", rec.Method, got, slices.Max(scores))
		}
	}
	short, long := b.record(p, 0), b.record(p, 2)
	best, last, _ := stopped(long.Log, "train", 40)
	if last != 40 || short.Log[0].Epoch != 1 || *short.Log[0].Loss != *long.Log[0].Loss {
		t.Errorf("without patience training ends after epoch %d", last)
	}
	if b, _, _ := stopped(short.Log, "train", 2); b == best && results(short) != results(long) {
		t.Errorf("the same best epoch ranks otherwise: %s and %s", results(short), results(long))
	}
}

func results(r *record.Record) string {
	return fmt.Sprint(r.Result("validation").Means, r.Result("test").Means)
}

func TestALogEntryHasItsTimeExamplesAndSteps(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(epochsPlan, "train: {epochs: 40, patience: 2, metrics: [ndcg@10]}", "train: {epochs: 2, rule: last}", 1))
	b.mustRun(p)
	log := b.record(p, 0).Log
	if len(log) != 2 {
		t.Fatalf("log %+v", log)
	}
	for i, e := range log {
		if e.Stage != "train" || e.Epoch != i+1 || e.Loss == nil || *e.Loss <= 0 || e.Validation != nil || e.Seconds <= 0 || e.Examples == 0 || e.Steps == 0 {
			t.Errorf("entry %+v", e)
		}
	}
	tower := b.record(p, 1).Log[0]
	if tower.Stage != "warmup" || tower.Tower != "content" || tower.Tokens == 0 || tower.LearningRate != 1e-3 {
		t.Errorf("entry %+v", tower)
	}
}

func TestAnEpochThatFailsIsNamed(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(epochsPlan, "params: {peak: 3}", "params: {nan_at: 2}", 1))
	s, _ := b.mustRun(p)
	if s.Failed != 1 || !strings.Contains(s.Err.Error(), "train 1/40: ") || !strings.Contains(s.Err.Error(), "NaN") {
		t.Errorf("summary %+v", s)
	}
}

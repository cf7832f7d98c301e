package run_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"
)

// embedPlan has two rows that read the same texts by the same language model, which takes
// two batches of texts.
func embedPlan() string {
	const texts = `{embed: {backbone: {plugin: fakelm}, fields: [title]}, whiten: %s}`
	text := rows(fmt.Sprintf(cold, "Half", fmt.Sprintf(texts, "half")), fmt.Sprintf(cold, "None", fmt.Sprintf(texts, "none")))
	return strings.Replace(text, "items: 24", "items: 200", 1)
}

// reader notes how many texts a language model has read, batch by batch.
type reader struct {
	texts []int64
	then  func(texts int64)
}

func (r *reader) watcher() *watcher {
	return &watcher{seen: func(p contract.Progress) {
		if p.Stage != "embed" {
			return
		}
		if r.texts = append(r.texts, p.Done); r.then != nil {
			r.then(p.Done)
		}
	}}
}

func TestVectorsOfTextsAreMadeOnceForAllRuns(t *testing.T) {
	store := stage.NewStore(filepath.Join(t.TempDir(), "stages"), claim.Options{})
	alone := newBench(t)
	p := alone.plan(embedPlan())
	alone.mustRun(p)
	for i := range 2 {
		b := newBench(t)
		var read reader
		s, err := b.watched(t.Context(), p, run.Options{Plugins: b.plugins, Stages: store}, read.watcher())
		if err != nil || s.Failed > 0 {
			t.Fatalf("%+v, error %v", s, err)
		}
		if got, want := b.rankings(p), alone.rankings(p); got != want {
			t.Errorf("run %d: with the store the files are\n%s\nwithout\n%s", i, got, want)
		}
		if want := []string{"[64 121]", "[]"}[i]; fmt.Sprint(read.texts) != want {
			t.Errorf("run %d: texts were read up to %v, expected %s", i, read.texts, want)
		}
		if rec := b.recordOf(p, "None"); rec.Times.Train <= 0 {
			t.Errorf("run %d: training took %v s", i, rec.Times.Train)
		}
	}
	entries, err := store.List()
	if err != nil || len(entries) != 1 || !strings.HasPrefix(entries[0].About.What, "vectors of texts by fakelm on Two tastes") {
		t.Errorf("%+v, error %v", entries, err)
	}
	for _, e := range entries {
		if err := store.Verify(e); err != nil {
			t.Error(err)
		}
	}
}

func TestAReadingOfTextsThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	store := stage.NewStore(filepath.Join(t.TempDir(), "stages"), claim.Options{})
	alone, b := newBench(t), newBench(t)
	p := alone.plan(embedPlan())
	alone.mustRun(p)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := run.Options{Plugins: b.plugins, Stages: store, Checkpoint: time.Nanosecond}
	first := reader{then: func(texts int64) {
		if texts == 64 {
			cancel()
		}
	}}
	if _, err := b.watched(ctx, p, o, first.watcher()); err == nil {
		t.Fatalf("the run was not stopped; texts were read up to %v", first.texts)
	}
	var second reader
	if s, err := b.watched(t.Context(), p, o, second.watcher()); err != nil || s.Failed > 0 {
		t.Fatalf("%+v, error %v", s, err)
	}
	if got := fmt.Sprint(second.texts); got != "[121]" {
		t.Errorf("the second run read up to %s texts, expected [121]", got)
	}
	if got, want := b.rankings(p), alone.rankings(p); got != want {
		t.Errorf("after the stop the files are\n%s\nwithout\n%s", got, want)
	}
}

package run_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// forecast is that of a plan by the records of its folder.
func (b *bench) forecast(p *experiment.Plan) *run.Forecast {
	b.t.Helper()
	heads := map[string]record.Head{}
	if store, err := record.View(b.out); err == nil {
		keys, err := store.Keys()
		if err != nil {
			b.t.Fatal(err)
		}
		all, err := store.Heads(keys)
		if err != nil {
			b.t.Fatal(err)
		}
		heads = all.ByKey
	}
	f, err := run.NewForecast(b.t.Context(), p, heads, nil, run.Reading{Plugins: b.plugins})
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func TestTrialsAreEstimatedByTheRecordsOfTheirRow(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(plan, "seeds: [1, 2]", "seeds: [1]", 1))
	if f := b.forecast(p); len(f.Left()) != 3 || f.Rows()[0].Each.Time.Known {
		t.Fatalf("before any record: %+v", f.Rows())
	}
	b.mustRun(p)
	if f := b.forecast(p); len(f.Left()) != 0 {
		t.Errorf("after the run: %+v", f.Rows())
	}
	f := b.forecast(b.plan(plan))
	if len(f.Left()) != 3 {
		t.Errorf("%d to run, want 3 with the second seed", len(f.Left()))
	}
	for _, row := range f.Rows() {
		if e := row.Each; row.Trials != 1 || e.Time.Source != "the mean of 1 of its own records" || e.Time.Value <= 0 || !e.Disk.Known {
			t.Errorf("got %+v", row)
		}
	}
}

func TestASearchCountsItsBudget(t *testing.T) {
	b := newBench(t)
	f := b.forecast(b.plan(searchPlan))
	rows := f.Rows()
	// Tuned: all 3 of a space within 20, and two seeds; Popular and Both: two seeds each.
	if rows[0].Configurations != 3 || rows[0].Trials != 2 || len(f.Left()) != 9 {
		t.Errorf("got %+v", rows)
	}
}

func TestARowThatTrainsJointlyTakesWhatTheOtherRowTakesToo(t *testing.T) {
	b := newBench(t)
	p := b.plan(rows(simple, fmt.Sprintf(tower, ""), `{name: Jointly, base: Tower, cllm4rec: {joint: {with: Popular, gamma: 3}}}`))
	b.mustRun(b.plan(rows(simple, fmt.Sprintf(tower, ""))))
	f := b.forecast(p)
	popular, alone, jointly := f.Of(0, p.Methods[0]), f.Of(0, p.Methods[1]), f.Of(0, p.Methods[2])
	if got, want := jointly.Memory.Value, alone.Memory.Value+popular.Memory.Value; got != want || popular.Memory.Value == 0 || !strings.Contains(jointly.Memory.Source, "that of Popular from") {
		t.Errorf("memory %v, want %v; %s", got, want, jointly.Memory.Source)
	}
	if !jointly.Time.Rough || jointly.Time.Value <= popular.Time.Value || !strings.Contains(jointly.Time.Source, "that of Popular from") {
		t.Errorf("time %+v", jointly.Time)
	}
	if err := f.Probe(t.Context(), run.Options{Plugins: b.plugins, Threads: 1}, time.Minute); err != nil || len(f.Notes) != 0 {
		t.Errorf("the probe has the notes %q, error %v", f.Notes, err)
	}
}

func TestAProbeTrainsAPartAndNeverEndsThePlan(t *testing.T) {
	b := newBench(t)
	broken := strings.Replace(plan, "{name: Popular, recommender: {plugin: fakerec}}", "{name: Popular, recommender: {plugin: fakerec, params: {die_at: 1}}}", 1)
	p := b.plan(broken)
	f := b.forecast(p)
	if err := f.Probe(t.Context(), run.Options{Plugins: b.plugins, Threads: 1}, time.Minute); err != nil {
		t.Fatal(err)
	}
	rows := f.Rows()
	if rows[0].Each.Time.Known || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "the probe of Popular on Two tastes gave nothing") {
		t.Errorf("the broken row: %+v, notes %q", rows[0].Each, f.Notes)
	}
	for _, row := range rows[1:] {
		if !row.Each.Time.Known || !strings.HasPrefix(row.Each.Time.Source, "a probe on 24 of 24 users") {
			t.Errorf("got %+v", row.Each.Time)
		}
	}
}

func TestARowThatSelectsWhilePretrainingIsProbed(t *testing.T) {
	b := newBench(t)
	f := b.forecast(b.plan(rows(`{name: CLLM4Rec, cllm4rec: {backbone: {plugin: fakelm}, content: false, warmup: {epochs: 1}, finetune: {epochs: 2, lr: 0.05},
     select: {rule: last}, pretrain: {epochs: 9, lr: 0.05, select: {patience: 1, metrics: [recall@5]}}}}`)))
	if err := f.Probe(t.Context(), run.Options{Plugins: b.plugins, Threads: 1}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if e := f.Rows()[0].Each; !e.Time.Known || !e.Time.AtMost || len(f.Notes) != 0 {
		t.Errorf("got %+v, notes %q", e, f.Notes)
	}
}

func TestARowWithVectorsOfTextsIsProbed(t *testing.T) {
	b := newBench(t)
	f := b.forecast(b.plan(rows(fmt.Sprintf(cold, "Embedded", `{embed: {backbone: {plugin: fakelm}, fields: [title]}}`))))
	if err := f.Probe(t.Context(), run.Options{Plugins: b.plugins, Threads: 1}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if e := f.Rows()[0].Each; !e.Time.Known || len(f.Notes) != 0 {
		t.Errorf("got %+v, notes %q", e, f.Notes)
	}
}

func TestTrialsThatNeedMoreMemoryThanIsFreeAreRefusedBeforeTheyStart(t *testing.T) {
	b := newBench(t)
	p := b.plan(strings.Replace(plan, "seeds: [1, 2]", "seeds: [1]", 1))
	b.mustRun(p)
	f := b.forecast(b.plan(plan))
	err := f.Hold(0, 1<<20, 2)
	if !errors.Is(err, contract.ErrOutOfMemory) || !strings.Contains(err.Error(), "1 MiB are free") || !strings.Contains(err.Error(), "--over-memory") {
		t.Errorf("got %v", err)
	}
	for _, free := range []int64{0, 1 << 50} { // unknown, enough
		if err := f.Hold(0, free, 2); err != nil {
			t.Errorf("%d bytes free: %v", free, err)
		}
	}
}

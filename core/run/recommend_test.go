package run_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

const keptPlan = `
name: kept` + twoTastes + `
evaluate: {metrics: [ndcg@10]}
methods:
  - {name: Factors, recommender: {plugin: fakeepochs, train: {epochs: 3}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm}
      warmup: {epochs: 1}
      pretrain: {epochs: 1, lr: 0.05}
      finetune: {epochs: 2, lr: 0.05}
  - {name: Popular, recommender: {plugin: fakerec}}
`

// kept runs keptPlan with models kept.
func kept(t *testing.T) (*bench, *experiment.Plan) {
	t.Helper()
	b := newBench(t)
	p := b.plan(keptPlan)
	if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, KeepModels: true}); err != nil || s.Done != 3 {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	return b, p
}

func (b *bench) ask(p *experiment.Plan, method string, q run.Question) ([]run.Recommendation, error) {
	b.t.Helper()
	store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, method).Key))
	if err != nil {
		b.t.Fatal(err)
	}
	return run.Recommend(b.t.Context(), store, rec, b.plugins, contract.Resources{Threads: 1}, q)
}

func TestAKeptModelRanksTheSameBytesInAnotherProcess(t *testing.T) {
	b, p := kept(t)
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"Factors", "CLLM4Rec"} {
		rec := b.recordOf(p, method)
		data, err := store.SplitData(rec)
		if err != nil {
			t.Fatal(err)
		}
		want, err := store.Rankings(rec, "test")
		if err != nil {
			t.Fatal(err)
		}
		for i, user := range want.Users[:2] {
			got, err := b.ask(p, method, run.Question{User: data.Users[user], K: 24})
			if err != nil || len(got) != len(want.Lists[i].Items) {
				t.Fatalf("%s: %d items, error %v, want %d", method, len(got), err, len(want.Lists[i].Items))
			}
			for k, item := range want.Lists[i].Items {
				if got[k].Item != data.Items[item] || got[k].Score != want.Lists[i].Scores[k] || got[k].Title != data.Titles[item] || got[k].Title == "" {
					t.Errorf("%s, user %s: place %d is %+v, was %s with %v", method, data.Users[user], k+1, got[k], data.Items[item], want.Lists[i].Scores[k])
				}
			}
		}
	}
}

func TestAModelIsKeptOnceAndListedWithItsFiles(t *testing.T) {
	b, p := kept(t)
	for method, want := range map[string][]string{
		"Factors": {"recommender.state"}, "CLLM4Rec": {"collaborative.tower", "state.json"}, "Popular": nil,
	} {
		var names []string
		rec := b.recordOf(p, method)
		for _, f := range rec.Model.Files {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s keeps %v, want %v", method, names, want)
		}
	}
	if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, KeepModels: true}); err != nil || s.Cached != 3 {
		t.Errorf("run again: %+v, error %v", s, err)
	}
}

func TestAFinishedTrialWithoutAModelRunsAgainToKeepOne(t *testing.T) {
	b := newBench(t)
	p := b.plan(keptPlan)
	b.mustRun(p)
	before := results(b.recordOf(p, "CLLM4Rec"))
	if _, err := b.ask(p, "CLLM4Rec", run.Question{User: "1", K: 3}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "run its experiment again with --keep models") {
		t.Errorf("error %v", err)
	}
	s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, KeepModels: true})
	if err != nil || s.Done != 3 || b.recordOf(p, "CLLM4Rec").Model == nil || results(b.recordOf(p, "CLLM4Rec")) != before {
		t.Errorf("summary %+v, error %v", s, err)
	}
}

func TestAHistoryWithoutAUserNeedsAMethodThatTakesIt(t *testing.T) {
	b, p := kept(t)
	store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, "Factors").Key, "record.json"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := store.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	history := data.Items[3:6]
	got, err := b.ask(p, "Factors", run.Question{History: history, K: 4})
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, error %v", got, err)
	}
	other, err := b.ask(p, "Factors", run.Question{History: data.Items[:1], K: 4})
	if err != nil || fmt.Sprint(got) == fmt.Sprint(other) {
		t.Errorf("another history: %v, error %v", other, err)
	}
	for _, r := range got {
		if slices.Contains(history, r.Item) {
			t.Errorf("%s of the history is recommended", r.Item)
		}
	}
	if _, err := b.ask(p, "CLLM4Rec", run.Question{History: history, K: 4}); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "give --user") {
		t.Errorf("error %v", err)
	}
}

func TestARowThatFusesListsNamesTheRowsToAsk(t *testing.T) {
	b := newBench(t)
	p := b.plan(rows(simple, taste, `{name: Both, ensemble: {of: [Popular, Taste], weights: [1, 2]}}`))
	b.mustRun(p)
	question := run.Question{User: "1", K: 3}
	if _, err := b.ask(p, "Both", question); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "fuses the lists of Popular and Taste, and none") {
		t.Errorf("before: %v", err)
	}
	if _, _, err := b.runWith(p, run.Options{Plugins: b.plugins, KeepModels: true}); err != nil {
		t.Fatal(err)
	}
	ask := filepath.Join(b.out, "trials", b.recordOf(p, "Taste").Key) + " (Taste)"
	if _, err := b.ask(p, "Both", question); !errors.Is(err, contract.ErrUnsupported) || !strings.HasSuffix(err.Error(), ": ask "+ask) {
		t.Errorf("got %v", err)
	}
}

func TestQuestionsThatHaveNoAnswerAreRefusedByName(t *testing.T) {
	b, p := kept(t)
	store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, "Factors").Key))
	if err != nil {
		t.Fatal(err)
	}
	data, err := store.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ask(p, "Factors", run.Question{User: data.Users[0] + "x", K: 3}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), data.Users[0]) {
		t.Errorf("unknown user: %v", err)
	}
	if _, err := b.ask(p, "Factors", run.Question{History: []string{data.Items[0] + "x"}, K: 3}); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "no item") {
		t.Errorf("unknown item: %v", err)
	}
	if _, err := b.ask(p, "Popular", run.Question{User: data.Users[0], K: 3}); !errors.Is(err, contract.ErrUnsupported) {
		t.Errorf("no state: %v", err)
	}
	state := filepath.Join(b.out, "trials", rec.Key, "model", "recommender.state")
	if err := os.WriteFile(state, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ask(p, "Factors", run.Question{User: data.Users[0], K: 3}); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), state) {
		t.Errorf("damaged: %v", err)
	}
	if _, _, err := run.FindRecord(b.out); !errors.Is(err, contract.ErrInvalid) || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), rec.Key+"  Factors on Two tastes, seed 1") {
		t.Errorf("a folder of records: %v", err)
	}
}

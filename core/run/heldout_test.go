package run_test

import (
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/run"
)

const heldOutPlan = `
name: strong
datasets:
  - name: Two tastes
    plugin: fakedata
    params: {users: 24, items: 24, per_user: 8}
    split: {method: strong_generalisation, validation: 0.2, test: 0.25, fold_in: 0.6}
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - {name: Factors, recommender: {plugin: fakeepochs, train: {epochs: 3}}}
  - {name: More factors, recommender: {plugin: fakeepochs, train: {epochs: 6}}}
  - {name: Both, ensemble: {of: [Factors, More factors], select: {grid: [[0, 1], [1, 2]], metrics: [recall@5]}}}
`

func TestUsersHeldOutWholeAreRankedMeasuredAndRecommendedFor(t *testing.T) {
	b := newBench(t)
	p := b.plan(heldOutPlan)
	if s, _, err := b.runWith(p, run.Options{Plugins: b.plugins, KeepModels: true}); err != nil || s.Done != 3 {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"Factors", "Both"} {
		if test := b.recordOf(p, method).Result("test"); test.Users != 6 || test.Skipped != 18 {
			t.Errorf("%s: %d users measured, %d skipped, want 6 of 24", method, test.Users, test.Skipped)
		}
	}
	rec := b.recordOf(p, "Factors")
	data, err := store.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	want, err := store.Rankings(rec, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i, user := range want.Users {
		got, err := b.ask(p, "Factors", run.Question{User: data.Users[user], K: 24})
		if err != nil || len(got) != len(want.Lists[i].Items) {
			t.Fatalf("%d recommendations, error %v, want %d", len(got), err, len(want.Lists[i].Items))
		}
		for k, item := range want.Lists[i].Items {
			if got[k].Item != data.Items[item] || got[k].Score != want.Lists[i].Scores[k] || slices.Contains(data.FoldIn.Row(int(user)), item) {
				t.Errorf("user %d: place %d is %+v, was %s", user, k+1, got[k], data.Items[item])
			}
		}
	}
	if text := b.table(p, report.Markdown); !strings.Contains(text, "held out whole: 4 for validation and 6 for test") {
		t.Errorf("the notes do not tell who is held out:\n%s", text)
	}
}

package run_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
)

// words is a recommender by popularity for which pseudo-users count by their weights.
type words struct {
	*contracttest.FakeRecommender
	scores []float64
}

func newWords() *words { return &words{FakeRecommender: contracttest.NewFakeRecommender()} }

func (w *words) Info(ctx context.Context) (contract.Info, error) {
	info, err := w.FakeRecommender.Info(ctx)
	info.Name, info.Capabilities = "words", []contract.Capability{contract.CapabilitySide}
	return info, err
}

func (w *words) Fit(_ context.Context, spec contract.FitSpec, train contract.Train, _ contract.OnProgress) error {
	w.scores = make([]float64, spec.Items)
	for chunk, err := range train {
		if err != nil {
			return err
		}
		for _, item := range chunk.Items {
			w.scores[item]++
		}
		if chunk.Side == nil {
			continue
		}
		for i, item := range chunk.Side.Items {
			w.scores[item] += float64(chunk.Side.Weights[i])
		}
	}
	return nil
}

func (w *words) Rank(_ context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	var all []contract.Ranking
	for _, q := range queries {
		r, err := contract.TopK(w.scores, int(q.K), spec.Ties)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

const described = `
name: described` + twoTastes + `
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
`

// rows are methods, each a row of a YAML list, under the head of described.
func rows(lines ...string) string { return described + "  - " + strings.Join(lines, "\n  - ") + "\n" }

const (
	plain = `{name: Plain, recommender: {plugin: fakeepochs, train: {epochs: 2}}}`
	cold  = `{name: %s, recommender: {plugin: fakeepochs, train: {epochs: 2}, features: [%s]}}`
)

func TestFeaturesFromEverySourceReachTheMethod(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	var vectors, order strings.Builder
	for i := range 24 {
		_, _ = fmt.Fprintf(&vectors, "i%d,%d,0.5\n", i, i%2)
		_, _ = fmt.Fprintln(&order, (i+1)%24)
	}
	file, permutation := filepath.Join(dir, "v.csv"), filepath.Join(dir, "p.txt")
	for path, text := range map[string]string{file: vectors.String(), permutation: order.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const embed = `embed: {backbone: {plugin: fakelm}, fields: [title]}`
	sources := []string{
		`{tfidf: {stop_words: none}}`, `{tfidf: {stop_words: none}, shuffled: true}`, `{file: {path: "` + file + `"}}`,
		`{file: {path: "` + file + `"}, shuffled: true, permutation: "` + permutation + `"}`,
		`{` + embed + `}`, `{` + embed + `, whiten: full, rank: 2}`, `{of: Plain}`, `{of: Plain, whiten: centre}`,
	}
	methods := []string{plain}
	for i, s := range sources {
		methods = append(methods, fmt.Sprintf(cold, fmt.Sprint("F", i), s))
	}
	p := b.plan(rows(methods...))
	s, _ := b.mustRun(p)
	if s.Done != len(methods) {
		t.Fatalf("summary %+v", s)
	}
	var seen []string
	for _, m := range p.Methods {
		rec := b.recordOf(p, m.Name)
		lists := rankings(t, b, rec)
		if at := slices.Index(seen, lists); at >= 0 {
			t.Errorf("%s ranks as %s does", m.Name, p.Methods[at].Name)
		}
		seen = append(seen, lists)
		if m.Features != nil && m.Features[0].Embedder != nil && (len(rec.Plugins) != 3 || rec.Plugins[1].Name != "fakelm" || rec.Plugins[2].Name != "fakeepochs") {
			t.Errorf("%s has the plugins %+v", m.Name, rec.Plugins)
		}
	}
	if again, _ := b.mustRun(p); again.Cached != len(methods) {
		t.Errorf("run again: %+v", again)
	}
}

// rankings are the stored lists of a trial's test part.
func rankings(t *testing.T, b *bench, rec *record.Record) string {
	t.Helper()
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Rankings(rec, string(contract.PartTest))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(r.Lists)
}

func TestTextRowsAreFurtherUsersOfTheirWeight(t *testing.T) {
	b := newBench(t)
	const row = `{name: %s, recommender: {plugin: words%s}}`
	const titles = `, text_rows: [{fields: [title], stop_words: none, weight: %s}]`
	p := b.plan(rows(fmt.Sprintf(row, "None", ""), fmt.Sprintf(row, "One", fmt.Sprintf(titles, "1")), fmt.Sprintf(row, "Two", fmt.Sprintf(titles, "2, shuffled: true")),
		fmt.Sprintf(row, "Three", fmt.Sprintf(titles, "2"))))
	if s, _ := b.mustRun(p); s.Done != 4 {
		t.Fatalf("summary %+v", s)
	}
	best := map[string]float32{}
	for _, name := range []string{"None", "One", "Three"} {
		store, err := record.View(b.out)
		if err != nil {
			t.Fatal(err)
		}
		r, err := store.Rankings(b.recordOf(p, name), string(contract.PartTest))
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range r.Lists[0].Items {
			if item == 3 {
				best[name] = r.Lists[0].Scores[i]
			}
		}
	}
	if one, two := best["One"]-best["None"], best["Three"]-best["None"]; one <= 0 || two-2*one > 1e-5 || 2*one-two > 1e-5 {
		t.Errorf("the words of item 3 add %v, and %v with twice the weight", one, two)
	}
	if rankings(t, b, b.recordOf(p, "Two")) == rankings(t, b, b.recordOf(p, "Three")) {
		t.Error("shuffled texts give the same ranking")
	}
}

func TestWhatFeaturesLackIsAFailedCellThatSaysIt(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "v.csv")
	if err := os.WriteFile(file, []byte("i1,1\ni2,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := b.plan(rows(fmt.Sprintf(cold, "Half", `{file: {path: "`+file+`"}}`), fmt.Sprintf(cold, "Brands", `{tfidf: {fields: [brand]}}`)))
	if s, _ := b.mustRun(p); s.Failed != 2 {
		t.Fatalf("summary %+v", s)
	}
	for method, says := range map[string]string{"Half": "has no row for 22 of the 24 items", "Brands": "no item has a text of the kinds brand; the data have review, title"} {
		if got := b.recordOf(p, method).Error; !strings.Contains(got, says) {
			t.Errorf("%s: %q, want %q", method, got, says)
		}
	}
}

func TestTextRowsNeedAPluginThatTakesThem(t *testing.T) {
	b := newBench(t)
	_, err := experiment.Parse(t.Context(), "fakes.yaml", []byte(rows(`{name: A, recommender: {plugin: fakerec, text_rows: [{}]}}`)), experiment.Options{Plugins: b.plugins})
	b.plugins.Release(t.Context())
	if !contract.IsBadInput(err) || !strings.Contains(err.Error(), `takes no text rows: it lacks the capability "side_interactions"; these have it: words`) {
		t.Errorf("error %v", err)
	}
}

func TestMoreDimensionsThanTheDataHaveItemsAreRefusedBeforeAnyTrial(t *testing.T) {
	b := newBench(t)
	text := rows(plain, fmt.Sprintf(cold, "Wide", "{tfidf: {fields: [title]}, svd: 500}"))
	want := "Wide: features 1: svd: 500 dimensions, and data set Two tastes has 24 items: expected at most 24"
	s, w, err := b.run(b.plan(text))
	if err == nil || !strings.Contains(err.Error(), want) || len(w.started) != 0 {
		t.Errorf("run says %v, %+v, and started %q", err, s, w.started)
	}
	if _, err := run.NewForecast(t.Context(), b.plan(text), nil, nil, run.Reading{Plugins: b.plugins}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("plan says %v", err)
	}
}

package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

const (
	simple = `{name: Popular, recommender: {plugin: fakerec}}`
	taste  = `{name: Taste, recommender: {plugin: fakeepochs, train: {epochs: 6}}}`
)

func TestWeightsAreChosenOnValidationFromTheirGrid(t *testing.T) {
	b := newBench(t)
	const blend = `{name: %s, ensemble: {of: [Popular, Taste], fuse: zscore, %s}}`
	weights := [][]float64{{1, 0}, {1, 0.3}, {1, 3}}
	methods := []string{simple, taste, fmt.Sprintf(blend, "Chosen", "select: {grid: [[1], [0, 0.3, 3]], metrics: [recall@5, ndcg@10]}")}
	for i, w := range weights[1:] {
		methods = append(methods, fmt.Sprintf(blend, fmt.Sprint("Given", i+1), fmt.Sprintf("weights: [%v, %v]", w[0], w[1])))
	}
	p := b.plan(rows(methods...))
	if s, _ := b.mustRun(p); s.Done != len(methods) {
		t.Fatalf("summary %+v", s)
	}
	sum := func(rec *record.Record) float64 {
		means := rec.Result("validation").Means
		return means["recall@5"] + means["ndcg@10"]
	}
	scores := []float64{sum(b.recordOf(p, "Popular")), sum(b.recordOf(p, "Given1")), sum(b.recordOf(p, "Given2"))}
	best := slices.Index(scores, slices.Max(scores))
	chosen := b.recordOf(p, "Chosen")
	if got := chosen.Ensemble; got == nil || !slices.Equal(got.Weights, weights[best]) || got.Tried != 3 || got.Score != scores[best] {
		t.Errorf("chosen %+v, want %v with %v of %v", got, weights[best], scores[best], scores)
	}
	if best > 0 && rankings(t, b, chosen) != rankings(t, b, b.recordOf(p, fmt.Sprint("Given", best))) {
		t.Error("the chosen weights rank otherwise than the same ones given")
	}
	if got := b.recordOf(p, "Given1").Ensemble; got == nil || got.Tried != 0 || !slices.Equal(got.Weights, weights[1]) {
		t.Errorf("given weights are recorded as %+v", got)
	}
}

func TestInputsOfAnEnsembleStoreWhatItAsksFor(t *testing.T) {
	b := newBench(t)
	head := strings.Replace(described, "users: 24, items: 24, per_user: 8", "users: 24, items: 240, per_user: 40", 1)
	p := b.plan(head + "  - " + strings.Join([]string{simple, taste, `{name: Alone, recommender: {plugin: fakerec, params: {weight: 2}}}`, `{name: Blend, ensemble: {of: [Popular, Taste]}}`}, "\n  - ") + "\n")
	if s, w := b.mustRun(p); s.Done != 4 {
		t.Fatalf("summary %+v %v", s, w.failed)
	}
	items := b.recordOf(p, "Alone").Data.Items
	if items <= 200 {
		t.Fatalf("%d items are too few", items)
	}
	for method, depth := range map[string]int{"Popular": items, "Taste": items, "Alone": 100, "Blend": 100} {
		if got := b.recordOf(p, method).Result("test").Depth; got != depth {
			t.Errorf("%s keeps %d items of each list, want %d", method, got, depth)
		}
	}
}

func TestWeightsCannotBeChosenWithoutValidation(t *testing.T) {
	b := newBench(t)
	text := strings.Replace(rows(simple, taste, `{name: Blend, ensemble: {of: [Popular, Taste], select: {grid: [[1], [1, 2]]}}}`), "validation: 0.15, ", "", 1)
	_, err := experiment.Parse(t.Context(), "fakes.yaml", []byte(text), experiment.Options{Plugins: b.plugins})
	b.plugins.Release(t.Context())
	if !contract.IsBadInput(err) || !strings.Contains(err.Error(), `weights are chosen on validation, and data set "Two tastes" has no validation part`) {
		t.Errorf("error %v", err)
	}
}

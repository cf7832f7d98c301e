package experiment

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// withMethods is the example with more methods behind its own.
func withMethods(lines ...string) string {
	return strings.Replace(example, "table: ", "  - "+strings.Join(lines, "\n  - ")+"\ntable: ", 1)
}

// named is the trial of a method with the first seed.
func named(t *testing.T, p *Plan, method string) Trial {
	t.Helper()
	for _, trial := range p.Trials {
		if p.Methods[trial.Method].Name == method && trial.Seed == p.Seeds[0] {
			return trial
		}
	}
	t.Fatalf("no trial of %s", method)
	return Trial{}
}

const (
	blend   = `{name: Blend, ensemble: {of: [Late, EASE], weights: [1, 0.5]}}`
	late    = `{name: Late, recommender: {plugin: ease, params: {lambda: 7}, features: [{of: CLLM4Rec, entity: item}]}}`
	noBlend = `{name: Blend, ensemble: {of: [EASE, Popularity]}}`
)

func TestAMethodStandsAfterThoseThatItNeeds(t *testing.T) {
	p := mustLoad(t, withMethods(blend, late))
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, trial := range p.Trials[:6] {
		order = append(order, p.Methods[trial.Method].Name)
	}
	if want := []string{"Popularity", "EASE", "CLLM4Rec", "LLM-CF", "Late", "Blend"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	for i, trial := range p.Trials {
		var needs []string
		for _, need := range trial.Needs {
			other := p.Trials[need]
			if need >= i || other.Seed != trial.Seed || other.Dataset != trial.Dataset {
				t.Errorf("trial %d needs %d, which is of another seed or data set, or comes later", i, need)
			}
			needs = append(needs, p.Methods[other.Method].Name)
		}
		want := map[string][]string{"Blend": {"Late", "EASE"}, "Late": {"CLLM4Rec"}}[p.Methods[trial.Method].Name]
		if !slices.Equal(needs, want) {
			t.Errorf("%s needs %v, want %v", p.Methods[trial.Method].Name, needs, want)
		}
	}
	if got := p.Methods[4].Ensemble; got == nil || got.Fuse != "rrf" || !slices.Equal(got.Weights, []float64{1, 0.5}) {
		t.Errorf("the ensemble is %+v", got)
	}
	if got := mustLoad(t, withMethods(noBlend)).Methods[4].Ensemble.Weights; !slices.Equal(got, []float64{1, 1}) {
		t.Errorf("weights that were left out are %v, want all 1", got)
	}
}

func TestKeysOfInputsAreInTheirOwnKey(t *testing.T) {
	text := withMethods(blend, late)
	before := mustLoad(t, text)
	for name, c := range map[string]struct {
		old, new string
		changes  []string
	}{
		"a feature's row": {"epochs: 150", "epochs: 151", []string{"CLLM4Rec", "LLM-CF", "Late", "Blend"}},
		"an ensemble's":   {"lambda: 100", "lambda: 101", []string{"EASE", "Blend"}},
		"the weights":     {"[1, 0.5]", "[1, 0.6]", []string{"Blend"}},
		"the fusion":      {"[1, 0.5]", "[1, 0.5], fuse: zscore", []string{"Blend"}},
		"the entity":      {"entity: item", "entity: user", []string{"CLLM4Rec", "Late", "Blend"}},
		"the order":       {"of: [Late, EASE]", "of: [EASE, Late]", []string{"Blend"}},
		"a name":          {"EASE", "Ease", nil},
	} {
		after := mustLoad(t, strings.ReplaceAll(text, c.old, c.new))
		var changes []string
		for i, trial := range before.Trials[:6] {
			if trial.Key != after.Trials[i].Key {
				changes = append(changes, before.Methods[trial.Method].Name)
			}
		}
		if !slices.Equal(changes, c.changes) {
			t.Errorf("%s: new keys of %v, want %v", name, changes, c.changes)
		}
	}
}

func TestWhatAnEnsembleAsksForIsInTheKeysOfItsInputs(t *testing.T) {
	before, after := mustLoad(t, example), mustLoad(t, withMethods(noBlend))
	for method, same := range map[string]bool{"EASE": false, "Popularity": false, "CLLM4Rec": true} {
		a, b := named(t, before, method), named(t, after, method)
		if (a.Key == b.Key) != same || a.TrainKey != b.TrainKey {
			t.Errorf("%s: got %+v, then %+v", method, a, b)
		}
	}
	deep := mustLoad(t, withMethods(strings.Replace(noBlend, "Popularity]", "Popularity], depth: 2000", 1)))
	if got := deep.DepthOf(1); got != 2000 || deep.DepthOf(2) != 100 {
		t.Errorf("EASE keeps %d items", got)
	}
	chosen := mustLoad(t, withMethods(strings.Replace(noBlend, "Popularity]", "Popularity], select: {grid: [[0, 1], [0, 2]]}", 1)))
	c, err := chosen.Content(named(t, chosen, "Blend"))
	if err != nil || c.Train.Validation == nil || c.Train.Semantics["eval"] == 0 || c.Train.Method.Ensemble.Weights != nil || len(c.Train.Method.Ensemble.Metrics) != 3 {
		t.Errorf("content %+v, error %v", c.Train, err)
	}
	if got := fmt.Sprint(chosen.Methods[4].Ensemble.Combinations()); got != "[[0 2] [1 0] [1 2]]" {
		t.Errorf("combinations %s", got)
	}
}

func TestVectorsThatOthersTakeAreMeasuringAndNotTraining(t *testing.T) {
	before, after := mustLoad(t, example), mustLoad(t, withMethods(late))
	a, b := named(t, before, "CLLM4Rec"), named(t, after, "CLLM4Rec")
	if a.TrainKey != b.TrainKey || a.Key == b.Key {
		t.Errorf("got %+v, then %+v", a, b)
	}
}

func TestMistakesInNeedsAreToldWithTheirPlace(t *testing.T) {
	for _, c := range []struct {
		name, place, words string
		methods            []string
	}{
		{"unknown", ":27:35: methods[4].ensemble.of[0]:", `there is no method "EAES"; did you mean "EASE"?`,
			[]string{`{name: Blend, ensemble: {of: [EAES, Popularity]}}`}},
		{"unknown feature", "methods[4].recommender.features[0].of:", `did you mean "LLM-CF"`,
			[]string{`{name: F, recommender: {plugin: ease, features: [{of: LLMCF, entity: item}]}}`}},
		{"itself", "methods[4].ensemble.of[0]:", "in a circle: Blend -> Blend",
			[]string{`{name: Blend, ensemble: {of: [Blend, Popularity]}}`}},
		{"a circle", "methods[5].recommender.features[0].of:", "in a circle: F -> Blend -> F",
			[]string{`{name: Blend, ensemble: {of: [F, Popularity]}}`, `{name: F, recommender: {plugin: ease, features: [{of: Blend, entity: item}]}}`}},
		{"a base", "methods[5].ensemble.of[0]:", `"Half" is only a base`,
			[]string{`{name: Half, row: false, recommender: {}}`, `{name: Blend, ensemble: {of: [Half, EASE]}}`}},
		{"one alone", "methods[4].ensemble.of:", "at least 2", []string{`{name: Blend, ensemble: {of: [EASE]}}`}},
		{"weights", "methods[4].ensemble.weights:", "there are 3 weights for 2 methods",
			[]string{`{name: Blend, ensemble: {of: [EASE, Popularity], weights: [1, 2, 3]}}`}},
		{"weights and select", "methods[4].ensemble.weights:", "remove one",
			[]string{`{name: Blend, ensemble: {of: [EASE, Popularity], weights: [1, 2], select: {grid: [[1], [2]]}}}`}},
		{"grid", "methods[4].ensemble.select.grid:", "lists of weights for 3 methods, and there are 2", []string{`{name: Blend, ensemble: {of: [EASE, Popularity], select: {grid: [[1], [1], [1]]}}}`}},
		{"negative", "methods[4].ensemble.select.grid[1]:", "weights from 0", []string{`{name: Blend, ensemble: {of: [EASE, Popularity], select: {grid: [[1], [-1]]}}}`}},
		{"nothing", "methods[4].ensemble.select.grid:", "every weight is 0", []string{`{name: Blend, ensemble: {of: [EASE, Popularity], select: {grid: [[0], [0]]}}}`}},
		{"depth", "methods[4].ensemble.depth:", "at least 1000", []string{`{name: Blend, ensemble: {of: [EASE, Popularity], depth: 100}}`}},
		{"metric of select", "methods[4].ensemble.select.metrics[0]:", `did you mean "ndcg@10"`,
			[]string{`{name: Blend, ensemble: {of: [EASE, Popularity], select: {grid: [[1], [1, 2]], metrics: [ngcd@10]}}}`}},
		{"fusion", "methods[4].ensemble.fuse:", "must be one of rrf, zscore", []string{`{name: Blend, ensemble: {of: [EASE, Popularity], fuse: rff}}`}},
		{"entity", "features[0].entity:", `did you mean "item"`, []string{`{name: F, recommender: {plugin: ease, features: [{of: EASE, entity: items}]}}`}},
		{"two kinds", "methods[4]:", "not both recommender and ensemble", []string{`{name: Blend, recommender: {plugin: ease}, ensemble: {of: [EASE, Popularity]}}`}},
	} {
		_, err := load(t, withMethods(c.methods...))
		if !contract.IsBadInput(err) || !hasLine(err.Error(), c.place, c.words) {
			t.Errorf("%s: want %q and %q in\n%v", c.name, c.place, c.words, err)
		}
	}
}

func TestABaseMayBeIncompleteAndIsNotRun(t *testing.T) {
	p := mustLoad(t, withMethods(`{name: Half, row: false, cllm4rec: {warmup: {epochs: 3}}}`,
		`{name: Whole, base: Half, cllm4rec: {backbone: {plugin: gpt2, params: {weights: models/tiny}}}}`))
	if len(p.Methods) != 5 || p.Methods[4].Name != "Whole" || p.Methods[4].Pipeline.Warmup.Epochs != 3 {
		t.Errorf("got %d methods: %+v", len(p.Methods), p.Methods[4])
	}
	for methods, words := range map[string]string{
		"methods: [{name: Half, row: false}]": "every method is only a base",
		"methods: [{name: Half, row: false, recommender: {plugin: ease}}, {name: A, base: Half, recommender: {params: {lambad: 1}}}]": `did you mean "lambda"`,
	} {
		head, _, _ := strings.Cut(example, "methods:")
		if _, err := load(t, head+methods+"\n"); !contract.IsBadInput(err) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: want %q in %v", methods, words, err)
		}
	}
	if _, err := load(t, strings.Replace(withMethods("{name: Half, row: false}"), "against: EASE", "against: Half", 1)); err == nil || !strings.Contains(err.Error(), `no method "Half"`) {
		t.Errorf("a table against a base: %v", err)
	}
}

func TestNullTakesAnInheritedKeyAway(t *testing.T) {
	p := mustLoad(t, withMethods(`{name: Default, base: CLLM4Rec, cllm4rec: {finetune: {epochs: null}, warmup: null}}`,
		`{name: Other kind, base: EASE, recommender: null, ensemble: {of: [EASE, Popularity]}}`))
	if s := p.Methods[4].Pipeline; s.Finetune.Epochs != 150 || s.Finetune.Mask != 0.2 || s.Warmup.Epochs != 10 {
		t.Errorf("got %+v and %+v", s.Finetune, s.Warmup)
	}
	if p.Methods[5].Ensemble == nil {
		t.Error("the recommender of the base is still there")
	}
	if _, err := load(t, withMethods(`{name: Default, base: CLLM4Rec, cllm4rec: {batch_size: null}}`)); err == nil || !strings.Contains(err.Error(), `batch_size: unknown key`) {
		t.Errorf("a null in place of nothing: %v", err)
	}
}

func TestAPipelineNeedsABackboneWithTowers(t *testing.T) {
	pipeline := `{name: Read, cllm4rec: {content: false, backbone: {plugin: onlyreader, params: {weights: models/tiny}}}}`
	_, err := load(t, withMethods(pipeline))
	if !contract.IsBadInput(err) || !hasLine(fmt.Sprint(err), "cllm4rec.backbone.plugin:", "backbone plugin onlyreader reads texts alone") || !strings.Contains(err.Error(), "these have them: gpt2, reader") {
		t.Errorf("error %v", err)
	}
	mustLoad(t, withMethods(withFeatures(`{embed: {backbone: {plugin: onlyreader, params: {weights: models/tiny}}}}`)))
}

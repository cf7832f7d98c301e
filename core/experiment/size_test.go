package experiment

import (
	"strings"
	"testing"
)

const sizedFile = `
name: sized
datasets: [{name: D, plugin: synthetic, split: {method: ratio, validation: 0.2, test: 0.2}}]
evaluate: {metrics: [recall@5]}
methods:
  - {name: A, recommender: {plugin: sasrec, train: {epochs: 2, metrics: [recall@5]}}}
  - {name: B, base: A, recommender: {train: {patience: 1}}}
sizes:
  paper:
    seeds: [1, 2]
    datasets: [{name: D, split: {validation: 0.3}}]
    methods: [{name: A, recommender: {train: {epochs: 50}}}]
  quick: {methods: [{name: B, row: false}]}
  other: {datasets: [{name: E, plugin: synthetic, split: {method: ratio, validation: 0.1, test: 0.1}}]}
`

func TestASizeIsLaidOverTheFileAndReachesHeirs(t *testing.T) {
	for size, want := range map[string]struct {
		name           string
		epochs, trials int
		validation     float64
	}{
		"":      {"sized", 2, 2, 0.2},
		"paper": {"sized-paper", 50, 4, 0.3},
		"quick": {"sized-quick", 2, 1, 0.2},
		"other": {"sized-other", 2, 2, 0.1},
	} {
		p, err := Parse(t.Context(), "f.yaml", []byte(sizedFile), Options{Plugins: plugins(), Size: size})
		if err != nil {
			t.Fatalf("size %q: %v", size, err)
		}
		if got := strings.Join(p.Sizes, " "); got != "paper quick other" {
			t.Errorf("size %q: the file has the sizes %s", size, got)
		}
		last := p.Methods[len(p.Methods)-1]
		if p.Name != want.name || last.Train.Epochs != want.epochs || len(p.Trials) != want.trials || p.Datasets[0].Selection.Split.Validation != want.validation {
			t.Errorf("size %q: %s, %d epochs, %d trials, split %+v", size, p.Name, last.Train.Epochs, len(p.Trials), p.Datasets[0].Selection.Split)
		}
	}
}

func TestASizeIsPartOfTheContentOfATrialOnlyByWhatItChanges(t *testing.T) {
	plain, err := Parse(t.Context(), "f.yaml", []byte(sizedFile), Options{Plugins: plugins()})
	if err != nil {
		t.Fatal(err)
	}
	quick, err := Parse(t.Context(), "f.yaml", []byte(sizedFile), Options{Plugins: plugins(), Size: "quick"})
	if err != nil {
		t.Fatal(err)
	}
	if plain.Trials[0].Key != quick.Trials[0].Key {
		t.Error("an unchanged method has another key in another size")
	}
}

func TestWrongSizesAreProblemsWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ size, old, new, want string }{
		{"papper", "", "", `the file has no size "papper"; did you mean "paper"?`},
		{"paper", "[{name: A, recommender: {train: {epochs: 50}}}]", "[{name: C, recommender: {train: {epochs: 50}}}]", `f.yaml:12:15: sizes.paper.methods: a size changes what the file has, and it has no "C" here`},
		{"paper", "epochs: 50", "epochs: none", "f.yaml:12:47: "},
		{"quick", "quick: {methods: [{name: B, row: false}]}", "quick: 3", "f.yaml:13:3: sizes.quick: expected a section"},
		{"", "quick:", "../../evil:", `f.yaml:13:3: sizes.../../evil: the name of the size "../../evil" is part of a folder's`},
		{"", "quick: {methods", "quick: {sizes: {}, methods", "a size has no sizes of its own"},
		{"", "name: sized", "name: sized\nsize: 3", `did you mean "sizes"?`},
	} {
		_, err := Parse(t.Context(), "f.yaml", []byte(strings.Replace(sizedFile, c.old, c.new, 1)), Options{Plugins: plugins(), Size: c.size})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("size %q: got %v, want %q", c.size, err, c.want)
		}
	}
}

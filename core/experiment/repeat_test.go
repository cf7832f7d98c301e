package experiment

import (
	"slices"
	"strings"
	"testing"
)

func TestRepeatedSplitsAreDataSetsOfTheirOwn(t *testing.T) {
	once := mustLoad(t, example)
	p := mustLoad(t, strings.Replace(example, "random}\n", "random}\n    repeat: {splits: 3}\n", 1))
	if len(p.Datasets) != 3 || len(p.Trials) != 3*len(once.Trials) {
		t.Fatalf("%d data sets with %d trials", len(p.Datasets), len(p.Trials))
	}
	for i, d := range p.Datasets {
		if d.Name != "Instruments" || d.Repetition != i+1 || d.Selection.Split.Seed != 98765+uint64(i) {
			t.Errorf("data set %d is %s with split seed %d", i, d.Label(), d.Selection.Split.Seed)
		}
	}
	keys := map[string]bool{}
	for i, trial := range p.Trials {
		keys[trial.Key] = true
		if i < len(once.Trials) && trial.Key != once.Trials[i].Key {
			t.Errorf("trial %d of the first split has another key than without repetition", i)
		}
	}
	if len(keys) != len(p.Trials) {
		t.Errorf("%d keys for %d trials", len(keys), len(p.Trials))
	}
	if tables := p.Tables(); len(tables) != 1 || !slices.Equal(tables[0], []int{0, 1, 2}) {
		t.Errorf("tables %v", tables)
	}
	if label := p.Datasets[1].Label(); label != "Instruments, split 2" || once.Datasets[0].Label() != "Instruments" {
		t.Errorf("labels %q and %q", label, once.Datasets[0].Label())
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	p.Datasets[1].Repetition = 3
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "does not stand behind split 2") {
		t.Errorf("a plan without its second split: error %v", err)
	}
}

func TestRepetitionsGoOnToTheNextFoldsAndWindows(t *testing.T) {
	repeated := func(split, repeat string) string {
		return strings.Replace(example, "{method: ratio, by: user, validation: 0.1, test: 0.1, order: random}", "{"+split+"}\n    repeat: {splits: "+repeat+"}", 1)
	}
	for split, want := range map[string]func(i int, d DatasetPlan) bool{
		"method: k_fold, folds: 5, fold: 2, validation: 0.1": func(i int, d DatasetPlan) bool { return d.Selection.Split.Fold == 2+i },
		"method: rolling, windows: 4, window: 1, validation: 0.1": func(i int, d DatasetPlan) bool {
			return d.Selection.Split.Window == 1+i && d.Selection.Split.Seed == 98765
		},
	} {
		for i, d := range mustLoad(t, repeated(split, "3")).Datasets {
			if !want(i, d) {
				t.Errorf("split %d is %+v", i+1, d.Selection.Split)
			}
		}
	}
	for split, words := range map[string]string{
		"method: k_fold, folds: 5, fold: 4, validation: 0.1":      "3 splits from fold 4 on are more than there are folds: 5",
		"method: rolling, windows: 2, window: 1, validation: 0.1": "more than there are windows: 2",
		"method: temporal, validation: 0.1, test: 0.1":            "method temporal draws nothing at random",
	} {
		if _, err := load(t, repeated(split, "3")); err == nil || !hasLine(err.Error(), "datasets[0].repeat:", words) {
			t.Errorf("%s: %v", split, err)
		}
	}
}

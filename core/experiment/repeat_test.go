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

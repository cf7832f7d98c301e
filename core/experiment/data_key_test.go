package experiment

import (
	"strings"
	"testing"
)

// dataKeyOf is the key of the first data set of a plan.
func dataKeyOf(t *testing.T, p *Plan, form string) string {
	t.Helper()
	key, content, err := p.DataKey(0, form)
	if err != nil || len(key) != 64 || !strings.Contains(string(content), `"texts":`) {
		t.Fatalf("key %q of %s, error %v", key, content, err)
	}
	return key
}

// The files of two projects are the same and lie in other folders.
func TestTheKeyOfDataIsOfContentsAlone(t *testing.T) {
	before := dataKeyOf(t, mustLoad(t, example), "f")
	for _, same := range []*Plan{mustLoad(t, example), changed(t, "[recall_min@20, ndcg@100]", "[ndcg@100]"), changed(t, "name: Instruments", "name: Other")} {
		if dataKeyOf(t, same, "f") != before {
			t.Errorf("%s has another key", same.Datasets[0].Name)
		}
	}
	other := mustLoad(t, example)
	other.Datasets[0].Attributes = !other.Datasets[0].Attributes
	seed := mustLoad(t, example)
	seed.Datasets[0].Selection.Split.Seed++
	filter := mustLoad(t, example)
	filter.Datasets[0].Selection.Filter.KCore++
	semantics := mustLoad(t, example)
	semantics.Datasets[0].Plugin.Semantics++
	for what, p := range map[string]*Plan{"attributes": other, "the seed of the split": seed, "a filter": filter, "the plugin's semantics": semantics} {
		if dataKeyOf(t, p, "f") == before {
			t.Errorf("%s is not in the key", what)
		}
	}
	if dataKeyOf(t, mustLoad(t, example), "g") == before {
		t.Error("the form is not in the key")
	}
}

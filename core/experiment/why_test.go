package experiment

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func news(t *testing.T, p *Plan, trial int, old *Plan) []string {
	t.Helper()
	before, err := old.Content(old.Trials[trial])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(before, "", "  ") // as a record holds it
	if err != nil {
		t.Fatal(err)
	}
	now, err := p.Content(p.Trials[trial])
	if err != nil {
		t.Fatal(err)
	}
	words, err := now.News(raw)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestWhatIsNewInAKeyIsToldInWords(t *testing.T) {
	before := mustLoad(t, example)
	for _, c := range []struct {
		old, new string
		trial    int
		want     []string
	}{
		{"name: example", "name: other", ease, nil},
		{"lambda: 100", "lambda: 500", ease, []string{"method params.lambda: 100 -> 500"}},
		{"lambda: 100", "lambda: 500", popularity, nil},
		{"ndcg@100", "ndcg@200", ease, []string{"only measuring is new: depth 100 -> 200"}},
		{"mask: train", "mask: train+validation", ease, []string{"only measuring is new: mask train -> train+validation"}},
		{"k_core: 5", "k_core: 4", ease, []string{"filter k_core: 5 -> 4"}},
		{"min_value: 4, ", "", ease, []string{"filter min_value: 4 -> nothing"}},
		{"order: random", "order: time, seed: 7", ease, []string{"split order: random -> time", "split seed: 98765 -> 7"}},
		{"epochs: 150", "epochs: 151", pipeline, []string{"cllm4rec finetune.epochs: 150 -> 151"}},
		{"ties: hashed", "ties: index", pipeline, []string{"validation ties: hashed -> index", "ties hashed -> index"}},
		{"plugin: ease, params: {lambda: 100}", "plugin: popularity", ease, []string{"method plugin name: ease -> popularity", "method params.lambda: 100 -> nothing"}},
	} {
		got := news(t, changed(t, c.old, c.new), c.trial, before)
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.new, got, c.want)
		}
	}
}

func TestOtherSemanticsFilesAndInputsAreToldInWords(t *testing.T) {
	before := mustLoad(t, withMethods(late))
	after := mustLoad(t, withMethods(late))
	after.Methods[ease].Plugin.Semantics = 2
	if got := news(t, after, ease, before); !slices.Equal(got, []string{"semantics of plugin ease: 1 -> 2"}) {
		t.Errorf("semantics: %q", got)
	}
	after = mustLoad(t, withMethods(late))
	after.Methods[pipeline].Plugin.Portable = json.RawMessage(`{"device":"auto","weights":"sha256:other"}`)
	if got := news(t, after, pipeline, before); !slices.Equal(got, []string{"method params.weights has another content"}) {
		t.Errorf("files: %q", got)
	}
	after = mustLoad(t, strings.Replace(withMethods(late), "epochs: 150", "epochs: 151", 1))
	if got := news(t, after, 4, before); !slices.Equal(got, []string{"a method that it needs is new"}) {
		t.Errorf("inputs: %q", got)
	}
	now, err := before.Content(before.Trials[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{`{"schema": 1, "dataset": {}}`, `null`, `[`} {
		if got, err := now.News(json.RawMessage(old)); err != nil || len(got) != 1 || !strings.Contains(got[0], "another version of the program") {
			t.Errorf("an old record: %q, error %v", got, err)
		}
	}
}

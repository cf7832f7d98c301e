package experiment

import (
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

const pretraining = `
backbone: {plugin: gpt2, params: {device: cpu}}
texts: {plugin: amazon, params: {path: "${DATA}/reviews.json.gz"}, kinds: [review], split: {method: ratio, validation: 0.1, test: 0.1}}
shape: {n_layer: 2, n_embd: 64}
steps: 100
lr: 1.0e-3
out: models/new
`

func loadPretraining(t *testing.T, text string) (*PretrainPlan, string, error) {
	t.Helper()
	known := plugins()
	known[contract.KindBackbone] = []Plugin{
		plugin[gptParams](contract.KindBackbone, "gpt2", contract.CapabilityPretrain),
		plugin[gptParams](contract.KindBackbone, "frozen"),
	}
	file, dataDir := project(t, text)
	p, err := LoadPretraining(t.Context(), file, Options{Data: dataDir, Plugins: known})
	return p, filepath.Dir(file), err
}

func TestPretrainingIsResolved(t *testing.T) {
	p, dir, err := loadPretraining(t, pretraining)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "models", "new")
	if p.Spec.Out != out || p.Spec.Batch != 16 || p.Spec.Seed != 1 || p.Spec.HoldOut != 0.05 || string(p.Spec.Shape) != `{"n_embd":64,"n_layer":2}` {
		t.Errorf("got %+v", p.Spec)
	}
	if !strings.Contains(string(p.Backbone.Params), `"weights":"`+out+`"`) {
		t.Errorf("the weights are not those that come out: %s", p.Backbone.Params)
	}
	if p.Split == nil || len(p.Kinds) != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestPretrainingMistakesAreToldTogether(t *testing.T) {
	for _, c := range []struct{ old, new, words string }{
		{"steps: 100", "stepps: 100", `:5:1: stepps: unknown key; did you mean "steps"?`},
		{"steps: 100", "steps: 0", "at least 1"},
		{"device: cpu", "devise: cpu", `did you mean "device"`},
		{"plugin: gpt2", "plugin: frozen", "cannot train a language model of its own"},
		{"plugin: amazon, params: {path: \"${DATA}/reviews.json.gz\"}", "plugin: synthetic", "has no texts"},
		{"kinds: [review]", "kinds: [reviews]", "must be one of"},
		{"test: 0.1}", "test: 1.5}", "less than 1"},
		{"reviews.json.gz", "none.json.gz", "does not exist"},
		{"models/new", "models/tiny", ":7:1: out: "},
		{"models/new", "models/tiny", "exists already"},
	} {
		if !strings.Contains(pretraining, c.old) {
			t.Fatalf("no %q", c.old)
		}
		_, _, err := loadPretraining(t, strings.Replace(pretraining, c.old, c.new, 1))
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: want %q in %v", c.new, c.words, err)
		}
	}
}

func TestAPretrainingFileIsValidAfterItsModelWasMade(t *testing.T) {
	known := plugins()
	known[contract.KindBackbone] = []Plugin{plugin[gptParams](contract.KindBackbone, "gpt2", contract.CapabilityPretrain)}
	file, dataDir := project(t, strings.Replace(pretraining, "models/new", "models/tiny", 1))
	if _, p, err := Validate(t.Context(), file, Options{Data: dataDir, Plugins: known}); err != nil || p == nil {
		t.Errorf("got %v, error %v", p, err)
	}
}

package experiment

import (
	"strings"
	"testing"
)

func TestAPlansIDIsOfWhatItAsksForAndOfNothingElse(t *testing.T) {
	p := Plan{
		Name: "e.1", Seeds: []uint64{1}, Evaluate: Evaluate{Metrics: []string{"recall@5"}},
		Datasets: []DatasetPlan{{Name: "d", Plugin: PluginPlan{Name: "table", Semantics: 1, Portable: []byte(`{"path": "sha256:1"}`)}}},
		Methods:  []MethodPlan{{Name: "EASE", Plugin: PluginPlan{Name: "ease", Semantics: 1, Portable: []byte(`{}`)}}},
	}
	id := func(change func(*Plan)) string {
		t.Helper()
		q := p
		q.Datasets, q.Methods = append([]DatasetPlan{}, p.Datasets...), append([]MethodPlan{}, p.Methods...)
		change(&q)
		id, err := q.ID()
		if err != nil || !strings.HasPrefix(id, q.Name+"-") {
			t.Fatalf("%q, error %v", id, err)
		}
		return id
	}
	want := id(func(*Plan) {})
	for name, change := range map[string]func(*Plan){
		"place of a file": func(q *Plan) { q.Datasets[0].Plugin.Params = []byte(`{"path": "/elsewhere"}`) },
		"build":           func(q *Plan) { q.Methods[0].Plugin.Checksum = "b" },
		"limits":          func(q *Plan) { q.Limits.Trial = 5 },
		"choices":         func(q *Plan) { q.Choices = []Choice{{}} },
		"trials":          func(q *Plan) { q.Trials = []Trial{{Key: "k"}} },
	} {
		if got := id(change); got != want {
			t.Errorf("%s: another ID %s", name, got)
		}
	}
	for name, change := range map[string]func(*Plan){
		"content of a file": func(q *Plan) { q.Datasets[0].Plugin.Portable = []byte(`{"path": "sha256:2"}`) },
		"semantics":         func(q *Plan) { q.Methods[0].Plugin.Semantics = 2 },
		"name of a row":     func(q *Plan) { q.Methods[0].Name = "Ease" },
		"metrics":           func(q *Plan) { q.Evaluate.Metrics = []string{"ndcg@5"} },
		"seeds":             func(q *Plan) { q.Seeds = []uint64{1, 2} },
		"search":            func(q *Plan) { q.Methods[0].Search = &SearchPlan{Trials: 3} },
		"build, exactly":    func(q *Plan) { q.ExactBinaries, q.Methods[0].Plugin.Checksum = true, "b" },
	} {
		if got := id(change); got == want {
			t.Errorf("%s: the same ID %s", name, got)
		}
	}
}

package experiment

import "testing"

// FuzzParse: any text gives a plan or problems with places, never a panic.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{example, "", "methods: [1, {base: x}]", "methods: {a: 1}", "datasets: [{name: [1]}]", "table: {published: [{metric: 1}]}",
		"methods: [{name: A, ensemble: {of: [A, {}]}}, {row: false}, {recommender: {features: [1]}}]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return // checking takes long
		}
		if p, err := Parse(t.Context(), "f.yaml", text, Options{Plugins: plugins()}); err == nil && p.Check() != nil {
			t.Fatal("a plan contradicts itself")
		}
	})
}

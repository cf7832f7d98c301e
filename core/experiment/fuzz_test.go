package experiment

import (
	"encoding/json"
	"slices"
	"testing"
)

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

// FuzzSchemaOfAPlugin: whatever schema a plugin has, its paths and resources are
// found in bounded time, and a path leads to a string that it was found as.
func FuzzSchemaOfAPlugin(f *testing.F) {
	f.Add([]byte(`{"properties": {"a": {"format": "path"}, "t": {"x-resource": true}}}`), []byte(`{"a": "x", "t": 3}`))
	f.Add([]byte(`{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`), []byte(`{"a": ["x"]}`))
	f.Add([]byte(`{"properties": {"p": {"$ref": "#/$defs/p"}}, "$defs": {"p": {"items": {"format": "path"}, "x-resource": 1}}}`), []byte(`{"p": ["x", "y"]}`))
	f.Add([]byte(`{"format": "path"}`), []byte(`"x"`))
	f.Fuzz(func(t *testing.T, pluginSchema, params []byte) {
		value, err := decodeNumbers(params)
		if err != nil {
			return
		}
		var found [][]string
		pathsOf(pluginSchema, value, func(steps []string, path string) {
			replace(value, steps, path)
			found = append(found, slices.Clone(steps))
		})
		for _, steps := range found {
			if _, ok := lookup(value, steps).(string); !ok {
				t.Fatalf("no string at %q", steps)
			}
		}
		removeResources(pluginSchema, value)
		if _, err := json.Marshal(value); err != nil {
			t.Fatal(err)
		}
	})
}

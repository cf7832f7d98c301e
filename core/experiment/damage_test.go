package experiment

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"

	"gopkg.in/yaml.v3"
)

// removals calls with with the tree that lacks one field or item, for each.
func removals(value any, with func(path string)) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			old := v[key]
			delete(v, key)
			with(key)
			v[key] = nil
			with(key + " null")
			v[key] = old
			removals(old, func(path string) { with(key + "." + path) })
		}
	case []any:
		for i := range v {
			old := v[i]
			v[i] = nil
			with("null")
			v[i] = old
			removals(old, func(path string) { with("[]." + path) })
		}
	}
}

// TestNoMissingValueIsACrash leaves out every value of the example in turn.
func TestNoMissingValueIsACrash(t *testing.T) {
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(example), &tree); err != nil {
		t.Fatal(err)
	}
	file, dataDir := project(t, example)
	removals(tree, func(path string) {
		text, err := yaml.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(t.Context(), filepath.Join(filepath.Dir(file), "damaged.yaml"), text, Options{Data: dataDir, Plugins: plugins()})
		if err != nil && !contract.IsBadInput(err) {
			t.Errorf("without %s: %v", path, err)
		}
	})
}

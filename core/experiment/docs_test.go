package experiment

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/data"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// TestEverySplitAndFilterThatTheDocumentsShowIsValid reads the lines of YAML in
// docs/splits.md, which has one for each method at least.
func TestEverySplitAndFilterThatTheDocumentsShowIsValid(t *testing.T) {
	text, err := os.ReadFile("../../docs/splits.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range regexp.MustCompile("`(split|filter): (\\{.*?\\})`").FindAllStringSubmatch(string(text), -1) {
		tree, problems := yamltree.Parse("splits.md", []byte(line[2]), nil)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", line[0], problems)
		}
		o := data.Options{Split: data.SplitSpec{Method: data.MethodLeaveOneOut}}
		if line[1] == "split" {
			o.Split, _, err = schema.Decode[data.SplitSpec](tree.Marshal())
			seen[o.Split.Method] = true
		} else {
			o.Filter, _, err = schema.Decode[data.Filter](tree.Marshal())
			for _, key := range tree.Names {
				seen[key] = true
			}
		}
		if err == nil {
			_, err = o.Resolve()
		}
		if err != nil {
			t.Errorf("%s: %v", line[0], err)
		}
	}
	for _, name := range slices.Concat(data.Methods(), []string{"users_file", "from", "until", "sample_users", "duplicates", "min_value", "k_core_users", "k_core_items"}) {
		if !seen[name] {
			t.Errorf("the page has no line of %s", name)
		}
	}
	for _, key := range []string{"popularity_tau", "similar_ids", "text_only_test_items", "equal_times", "lists", "fold_in"} {
		if !strings.Contains(string(text), "`"+key) && !strings.Contains(string(text), key+"`") {
			t.Errorf("the page does not explain %s", key)
		}
	}
}

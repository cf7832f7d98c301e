package experiments

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/run"
	"cllm4rec/core/schema"

	"gopkg.in/yaml.v3"
)

// explained holds every data set that the pages about data and splits show against the
// schema of its plugin and the rules of splits. The files themselves are not there.
func explained(t *testing.T, known *run.Host) {
	for _, page := range []string{"../docs/data.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?ms)^```yaml\n(- .*?)^```").FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no data set", page)
		}
		for _, block := range blocks {
			var sets []struct {
				Name, Plugin string
				Params       map[string]any
				Filter       any
				Split        any
			}
			if err := yaml.Unmarshal([]byte(block[1]), &sets); err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			for _, s := range sets {
				plugin, err := known.Describe(t.Context(), contract.KindDataset, s.Plugin)
				if err != nil {
					t.Fatalf("%s, %s: %v", page, s.Name, err)
				}
				if s.Params == nil {
					s.Params = map[string]any{}
				}
				for _, p := range schema.Check(plugin.Schema, s.Params) {
					t.Errorf("%s, %s: params: %s", page, s.Name, p)
				}
				o := data.Options{Name: s.Name}
				decode(t, s.Filter, &o.Filter)
				decode(t, s.Split, &o.Split)
				if _, err := o.Resolve(); err != nil {
					t.Errorf("%s: %v", page, err)
				}
			}
		}
	}
}

// decode turns a section of YAML into what it is in an experiment.
func decode(t *testing.T, section, into any) {
	t.Helper()
	if section == nil {
		return
	}
	raw, err := json.Marshal(section)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Error(err)
	}
}

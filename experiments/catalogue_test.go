package experiments

import (
	"encoding/json"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/datasets"
	"cllm4rec/core/run"
	"cllm4rec/core/schema"
)

// catalogued holds the parameters and splits of the catalogue of data sets against the
// plugins that read them.
func catalogued(t *testing.T, known *run.Host) {
	catalogue, err := datasets.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range catalogue.Datasets {
		if !slices.Contains(known.Names(contract.KindDataset), s.Plugin) {
			t.Errorf("%s: there is no plugin %s", s.Name, s.Plugin)
			continue
		}
		plugin, err := known.Describe(t.Context(), contract.KindDataset, s.Plugin)
		if err != nil {
			t.Fatal(err)
		}
		params, err := json.Marshal(s.Params)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range schema.Check(plugin.Schema, json.RawMessage(params)) {
			t.Errorf("%s: %s: %s", s.Name, s.Plugin, p)
		}
		if s.Split["method"] == "given" && !plugin.Can(contract.CapabilityGivenSplit) {
			t.Errorf("%s: %s gives no split", s.Name, s.Plugin)
		}
	}
}

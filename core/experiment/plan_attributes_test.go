package experiment

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestAttributesAreReadWhereTheDataHaveThemAndAMethodOrTheTableAsks(t *testing.T) {
	has := func(list []Plugin, name string) {
		for i := range list {
			if list[i].Name == name {
				list[i].Capabilities = append(list[i].Capabilities, contract.CapabilityAttributes)
			}
		}
	}
	for _, c := range []struct {
		data, method, table string // table: keys beside against
		want                bool
	}{
		{"", "", "", false}, {"amazon", "", "", false}, {"", "ease", "", false}, {"synthetic", "ease", "", false}, {"amazon", "ease", "", true},
		{"amazon", "", "strata: {user_attributes: [style]}", true}, {"amazon", "", "strata: {}", false}, {"", "", "strata: {user_attributes: [style]}", false},
	} {
		known := plugins()
		has(known[contract.KindDataset], c.data)
		has(known[contract.KindRecommender], c.method)
		file, dataDir := project(t, strings.Replace(example, "{against: EASE}", "{against: EASE, "+c.table+"}", 1))
		p, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: known})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Datasets[0].Attributes; got != c.want {
			t.Errorf("data %q and method %q have attributes: read %v, want %v", c.data, c.method, got, c.want)
		}
	}
}

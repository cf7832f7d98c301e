package lm

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

func TestParametersThatAreResourcesAreMarkedInTheSchema(t *testing.T) {
	var s struct {
		Properties map[string]struct {
			Resource any `json:"x-resource"`
		}
	}
	if err := json.Unmarshal(schema.Of[Params](), &s); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(s.Properties, func(_ string, p struct {
		Resource any `json:"x-resource"`
	}) bool {
		return p.Resource == nil
	})
	got := slices.Sorted(maps.Keys(s.Properties))
	if want := []string{"attention", "checkpointing", "device", "micro_batch", "threads"}; !slices.Equal(got, want) {
		t.Errorf("marked are %v, expected %v", got, want)
	}
}

func TestResourcesWinOverParameters(t *testing.T) {
	yes, no := true, false
	own := Params{Weights: "w", Device: "cpu", DType: "bfloat16", Threads: 3, Attention: "plain", MicroBatch: 7, Checkpointing: true}.options()
	for _, c := range []struct {
		given contract.Resources
		want  Options
	}{
		{contract.Resources{}, own},
		{contract.Resources{Memory: 1 << 30, Checkpointing: &yes}, own},
		{contract.Resources{Threads: 1, Device: "cuda:1", MicroBatch: 64, Attention: "sdpa", Checkpointing: &no},
			Options{Folder: "w", Device: "cuda:1", DType: "bfloat16", Threads: 1, Attention: "sdpa", MicroBatch: 64}},
	} {
		if got := own.with(c.given); got != c.want {
			t.Errorf("%+v: %+v, expected %+v", c.given, got, c.want)
		}
	}
}

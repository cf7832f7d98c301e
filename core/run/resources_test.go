package run

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

func TestTheDeviceOfARunIsGivenToPluginsThatComputeOnOne(t *testing.T) {
	for params, want := range map[string]string{`{"device": "auto"}`: "cuda:1", `{"lambda": 1}`: "", `null`: ""} {
		plan := &experiment.Plan{Methods: []experiment.MethodPlan{{Plugin: experiment.PluginPlan{Params: json.RawMessage(params)}}}}
		x := &execution{runner: &runner{Options: Options{Threads: 3}, plan: plan}, device: "cuda:1"}
		if got := x.resources(); got != (contract.Resources{Threads: 3, Device: want}) {
			t.Errorf("%s: given %+v", params, got)
		}
	}
}

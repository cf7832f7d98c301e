package run

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/experiment"
)

func TestEachPlaceHasADeviceOfItsOwn(t *testing.T) {
	plan := &experiment.Plan{
		Datasets: []experiment.DatasetPlan{{}}, Trials: []experiment.Trial{{}},
		Methods: []experiment.MethodPlan{{Plugin: experiment.PluginPlan{Params: json.RawMessage(`{"device": "auto"}`), Device: "cuda"}}},
	}
	r := newRunner(plan, Options{Devices: []string{"cuda:0", "cuda:1"}})
	for place, want := range []string{"cuda:0", "cuda:1"} {
		if x := r.newExecution(r.event(0), input{}, place); x.device != want || x.rec.Resources.Device != want {
			t.Errorf("place %d: device %q, in the record %q", place, x.device, x.rec.Resources.Device)
		}
	}
	r.task = &Task{} // of a plan that was made elsewhere: the class of the key
	if x := r.newExecution(r.event(0), input{}, 0); x.rec.Resources.Device != "cuda" {
		t.Errorf("a task has the device %q", x.rec.Resources.Device)
	}
}

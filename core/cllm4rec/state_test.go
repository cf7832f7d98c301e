package cllm4rec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

func TestAFitRunsThePassesInTheirOrder(t *testing.T) {
	for _, text := range []string{short, short + `, "content": false`, short + `, "optimiser": {"schedule": "cosine"}`} {
		d, m := fit(t, text, tiny(), 7)
		passes := Passes(config(t, text), config(t, text).sizes(tiny()))
		if m.state.Next != len(passes) || len(d.specs) != len(passes) {
			t.Fatalf("%d of %d passes, next is %d", len(d.specs), len(passes), m.state.Next)
		}
		for i, got := range d.specs {
			want := passes[i].Spec
			want.Seed, want.Schedule = got.Seed, got.Schedule
			if !reflect.DeepEqual(got, want) {
				t.Errorf("pass %s is %+v, expected %+v", passes[i], got, want)
			}
		}
	}
}

func TestAStageThatPatienceEndsLeavesNoPassOver(t *testing.T) {
	text := `"warmup": {"epochs": 1}, "pretrain": {"epochs": 1}, "finetune": {"epochs": 50}, "select": {"patience": 2}`
	_, m := fit(t, text, tiny(), 5)
	if got := m.state.Selection[StageFinetune]; !got.Stopped || got.Best.Epoch != 1 || m.state.Next != len(Passes(config(t, text), Sizes{})) {
		t.Errorf("next %d, loop %+v", m.state.Next, got)
	}
}

func TestTheStateIsAValueThatCanBeStored(t *testing.T) {
	_, m := fit(t, short+`, "fidelity": "code"`, tiny(), 5)
	raw, err := json.Marshal(m.state)
	if err != nil {
		t.Fatal(err)
	}
	var state State
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(state); err != nil || string(again) != string(raw) {
		t.Errorf("%s\nbecame %s, error %v", raw, again, err)
	}
	if m.state.Steps[StagePretrain][towerCollaborative] != 2 || m.state.Best[towerContent].Epoch == 0 || m.state.Selection[StageFinetune].Best.Epoch != 1 {
		t.Errorf("state %s", raw)
	}
}

func TestTheLogHoldsEveryPassAndValidation(t *testing.T) {
	_, m := fit(t, short, tiny(), 5)
	var got []string
	for _, e := range m.Log() {
		what := "validation"
		if e.Validation == nil {
			what = fmt.Sprint(e.Tower, " ", e.Examples > 0 && e.Tokens > 0 && e.LearningRate > 0 && e.Loss != nil)
		}
		got = append(got, fmt.Sprint(e.Stage, " ", e.Epoch, " ", what))
	}
	want := []string{"warmup 1 content true", "pretrain 1 collaborative true", "pretrain 1 content true", "pretrain 2 collaborative true", "pretrain 2 content true",
		"finetune 1 collaborative true", "finetune 1 validation", "finetune 1 content true", "finetune 2 collaborative true", "finetune 2 validation", "finetune 2 content true"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("log %q", got)
	}
}

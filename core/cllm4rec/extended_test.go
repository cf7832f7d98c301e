package cllm4rec

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestTheExtendedHeadIsThatOfEveryPassButTheMultinomialOnes(t *testing.T) {
	for text, want := range map[string]bool{``: false, `, "head": "extended"`: true} {
		d, _ := fit(t, short+text, tiny(), 7)
		seen := map[contract.Objective]bool{}
		for _, s := range d.specs {
			seen[s.Objective] = true
			if s.Extended != (want && s.Objective != contract.Multinomial) {
				t.Errorf("%q: a pass of %s has extended %v", text, s.Objective, s.Extended)
			}
		}
		if len(seen) != len(contract.Objectives()) {
			t.Errorf("%q: passes of %v alone", text, seen)
		}
	}
}

func TestHeterogeneousDocumentsArePredictedWhole(t *testing.T) {
	plain, _ := fit(t, short+`, "head": "extended"`, tiny(), 7)
	whole, _ := fit(t, short+`, "head": "extended", "main_text": "heterogeneous"`, tiny(), 7)
	if len(plain.docs) != len(whole.docs) {
		t.Fatalf("%d documents, %d homogeneous ones", len(whole.docs), len(plain.docs))
	}
	for i, d := range whole.docs {
		p := plain.docs[i]
		if len(p.Targets) > 0 { // a question of finetuning stays what it is
			if len(d.Main) > 0 || len(d.Prompt) != len(p.Prompt) {
				t.Errorf("question %d: %+v, homogeneous %+v", i, d, p)
			}
			continue
		}
		if len(d.Prompt) != 1 || len(d.Main) != len(p.Prompt)+len(p.Main)-1 {
			t.Errorf("document %d: %+v, homogeneous %+v", i, d, p)
		}
	}
}

func TestTheHeadLeavesNoTraceWhenItIsThePapers(t *testing.T) {
	raw, err := json.Marshal(resolve(t, `{"head": "own", "main_text": "homogeneous"}`))
	if err != nil || strings.Contains(string(raw), `"head"`) || strings.Contains(string(raw), `"main_text"`) {
		t.Errorf("%s, error %v", raw, err)
	}
	s := resolve(t, `{"head": "extended", "main_text": "heterogeneous"}`)
	for _, stage := range stages() {
		if r := s.Reaching(stage); r.Head != HeadExtended || r.MainText != MainHeterogeneous {
			t.Errorf("%s does not depend on what is predicted: %+v", stage, r)
		}
	}
}

func TestMainTextsThatTheirHeadCannotPredictAreNamed(t *testing.T) {
	yes := true
	for part, c := range map[string]Config{
		"main_text: heterogeneous main texts": {MainText: MainHeterogeneous},
		"item_bias: must not be true":         {Head: HeadExtended, ItemBias: &yes},
		"head: must be one of":                {Head: "wide"},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

package cllm4rec

import (
	"reflect"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// withoutTexts has users whose interactions no text mentions: the only text is
// about item 5, which nobody has interacted with.
func withoutTexts() data.Training {
	training := tiny()
	training.Texts = []data.Text{{Kind: contract.TextTitle, User: -1, Item: 5, Text: "Red lipstick"}}
	return training
}

func TestUsersWithoutTextsTrainAsWithoutThePriorBetweenTheTowers(t *testing.T) {
	const last = `"warmup": {"epochs": 1}, "finetune": {"epochs": 2}, "batch": 2, "select": {"rule": "last"}, "pretrain": {"epochs": 2, "lambda_c": `
	collaborative := func(lambdaC string) *doubleTower {
		d, _ := fit(t, last+lambdaC, withoutTexts(), 7)
		return d.towers[towerCollaborative]
	}
	free := collaborative(`0}`)
	if got := collaborative(`100}`); !reflect.DeepEqual(got, free) {
		t.Error("tokens that no text mentions are pulled toward the content tower's random start")
	}
	if got := collaborative(`100}, "prior_on_unmentioned": true`); reflect.DeepEqual(got, free) {
		t.Error("prior_on_unmentioned changes nothing")
	}
}

func TestCodeFidelityPullsTokensThatNoTextMentions(t *testing.T) {
	for fidelity, want := range map[string]bool{"paper": false, "code": true} {
		d, _ := fit(t, short+`, "fidelity": "`+fidelity+`"`, tiny(), 7)
		for _, s := range d.specs {
			for _, p := range s.Priors {
				if p.Toward != "" && p.MentionedOnly == want {
					t.Errorf("%s, tower %s: MentionedOnly is %v", fidelity, s.Tower, p.MentionedOnly)
				}
			}
		}
	}
}

func TestTheSwitchIsIdleWithoutAPriorBetweenTheTowers(t *testing.T) {
	yes, none := true, 0.0
	with, err := Config{Switches: Switches{PriorOnUnmentioned: &yes}, Pretrain: Pretrain{LambdaC: &none}}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	without, err := Config{Pretrain: Pretrain{LambdaC: &none}}.Resolve()
	if err != nil || !reflect.DeepEqual(with, without) {
		t.Errorf("settings that train alike differ: %+v and %+v, %v", with, without, err)
	}
	kept, err := Config{Switches: Switches{PriorOnUnmentioned: &yes}}.Resolve()
	if err != nil || !kept.PriorOnUnmentioned {
		t.Errorf("the switch is lost where it has an effect: %+v, %v", kept, err)
	}
}

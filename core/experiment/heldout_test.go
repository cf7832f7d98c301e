package experiment

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestMethodsThatCannotFoldInAreProblemsOfThePlan(t *testing.T) {
	strong := strings.Replace(example, "{method: ratio, by: user, validation: 0.1, test: 0.1, order: random}", "{method: strong_generalisation, validation: 0.1, test: 0.1}", 1)
	_, err := load(t, strong)
	for place, words := range map[string]string{
		":16:":                 `recommender plugin popularity ranks for users that it was trained on alone: it lacks the capability "fold_in", and data set "Instruments" (split strong_generalisation)`,
		":17:":                 "or a split that trains on every user, such as ratio",
		"methods[2].cllm4rec:": "CLLM4Rec asks its question with the trained token of a user",
	} {
		if !contract.IsBadInput(err) || !hasLine(err.Error(), place, words) {
			t.Errorf("want %q and %q in\n%v", place, words, err)
		}
	}
	only := strong[:strings.Index(strong, "methods:")] + "methods:\n  - {name: S, recommender: {plugin: sasrec}}\n"
	p := mustLoad(t, only)
	if s := p.Datasets[0].Selection.Split; s.FoldIn != 0.8 || s.Order != "random" || s.Seed != 98765 {
		t.Errorf("the plan's split is %+v", s)
	}
	cold := strings.Replace(only, "{name: S, recommender: {plugin: sasrec}}", "{name: C, cllm4rec: {backbone: {plugin: gpt2, params: {weights: models/tiny}}, content: false, cold: {user: none}}}", 1)
	if _, err := load(t, cold); err != nil {
		t.Errorf("CLLM4Rec that asks without a user token: %v", err)
	}
	without := strings.Replace(only, "validation: 0.1, ", "", 1)
	if _, err := load(t, without); !hasLine(err.Error(), "methods[0].recommender:", "no validation part") {
		t.Errorf("a split without a validation share: %v", err)
	}
}

func TestMethodsThatKnowItemsByInteractionsAloneAreProblemsOfColdItems(t *testing.T) {
	cold := strings.Replace(example, "{method: ratio, by: user, validation: 0.1, test: 0.1, order: random}", "{method: cold_items, validation: 0.1, test: 0.1}", 1)
	_, err := load(t, cold)
	for _, place := range []string{":16:", ":17:", "methods[3].cllm4rec:"} {
		if !contract.IsBadInput(err) || !hasLine(err.Error(), place, `"Instruments" (split cold_items) asks for items without a training interaction`) {
			t.Errorf("want %q in\n%v", place, err)
		}
	}
	if strings.Contains(err.Error(), "methods[2]") {
		t.Errorf("the content tower knows items by their texts:\n%v", err)
	}
	head := cold[:strings.Index(cold, "methods:")] + "methods:\n"
	for method, words := range map[string]string{
		`{name: E, recommender: {plugin: ease, features: [{tfidf: {fields: [title]}, entity: item}]}}`:                                      "",
		`{name: I, recommender: {plugin: ials, text_rows: [{fields: [title]}]}}`:                                                            "",
		`{name: V, recommender: {plugin: ease, features: [{of: V2, entity: item}]}}` + "\n  - " + `{name: V2, recommender: {plugin: ease}}`: "methods[0].recommender:",
	} {
		_, err := load(t, head+"  - "+method+"\n")
		if words == "" && err != nil || words != "" && (err == nil || !hasLine(err.Error(), words, "give it features of the items or text_rows")) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

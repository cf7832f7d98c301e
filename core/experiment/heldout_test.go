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
	without := strings.Replace(only, "validation: 0.1, ", "", 1)
	if _, err := load(t, without); !hasLine(err.Error(), "methods[0].recommender:", "no validation part") {
		t.Errorf("a split without a validation share: %v", err)
	}
}

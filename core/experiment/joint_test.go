package experiment

import (
	"strings"
	"testing"
)

func TestWhatIsTrainedWithIsPartOfTheIdentityByItsContent(t *testing.T) {
	key := func(methods ...string) string {
		t.Helper()
		p := mustLoad(t, withMethods(methods...))
		trial := named(t, p, "L")
		if m := p.MethodOf(trial); m.Joint == nil || m.Joint.Plugin.Name != "ease" || len(trial.Needs) != 0 {
			t.Fatalf("joint %+v, needs %v", m.Joint, trial.Needs)
		}
		return trial.TrainKey
	}
	with := func(name, lambda string) []string {
		return []string{`{name: ` + name + `, recommender: {plugin: ease, params: {lambda: ` + lambda + `}}}`, towerWith(`joint: {with: ` + name + `, gamma: 2}`)}
	}
	one := key(with("A", "7")...)
	if other := key(with("A", "8")...); other == one {
		t.Error("another lambda of what is trained with changes no key")
	}
	if renamed := key(with("B", "7")...); renamed != one {
		t.Error("another name of what is trained with changes a key")
	}
}

func TestWhatCannotBeTrainedWithIsNamed(t *testing.T) {
	for with, want := range map[string]string{
		`EASY`:       `there is no method "EASY"; did you mean "EASE"?`,
		`L`:          "methods need each other in a circle",
		`Popularity`: `lacks the capability "leave_out"`,
		`LLM-CF`:     "it is no recommender of its own",
		`Sum`:        "it is no recommender of its own",
		`Searched`:   "its settings are searched",
		`Fed`:        "its features are another row's vectors",
	} {
		_, err := load(t, withMethods(towerWith(`joint: {with: `+with+`, gamma: 1}`),
			`{name: Sum, ensemble: {of: [EASE, Popularity]}}`,
			`{name: Searched, recommender: {plugin: ease}, search: {space: {lambda: [1, 2]}}}`,
			`{name: Fed, recommender: {plugin: ease, features: [{of: EASE}]}}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v lacks %q", with, err, want)
		}
	}
	if _, err := load(t, strings.Replace(example, "batch: 20", "joint: {with: EASE, gamma: 1}", 1)); err == nil || !strings.Contains(err.Error(), `backbone plugin gpt2 lacks the capability "logit_offsets"`) {
		t.Errorf("a backbone without offsets: error %v", err)
	}
}

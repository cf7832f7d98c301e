package experiment

import (
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
)

func TestEpochsOfARecommenderAreDecidedAndInItsTrainKey(t *testing.T) {
	const plain = `{name: S, recommender: {plugin: sasrec}}`
	p := mustLoad(t, withMethods(plain))
	want := &train.Settings{Epochs: 100, Selection: train.Select{}.Decide()}
	if got := p.Methods[4].Train; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if p.Methods[1].Train != nil {
		t.Error("a closed form learns in epochs")
	}
	base := named(t, p, "S")
	for section, same := range map[string]bool{
		"{epochs: 100, rule: best, every: 1}": true, "{epochs: 99}": false, "{patience: 3}": false, "{every: 2}": false,
		"{metrics: [ndcg@10]}": false, "{rule: last}": false,
	} {
		q := named(t, mustLoad(t, withMethods(`{name: S, recommender: {plugin: sasrec, train: `+section+`}}`)), "S")
		if (q.TrainKey == base.TrainKey) != same {
			t.Errorf("%s: the train key is the same: %v, want %v", section, !same, same)
		}
	}
	c, err := p.Content(base)
	if err != nil || c.Train.Semantics["train"] != train.Semantics || c.Train.Semantics["eval"] == 0 || c.Train.Validation == nil {
		t.Errorf("content %+v, error %v", c.Train, err)
	}
}

func TestMistakesInTheSectionOfARecommenderAreToldWithTheirPlace(t *testing.T) {
	none := strings.Replace(withMethods(`{name: S, recommender: {plugin: sasrec}}`), "validation: 0.1, ", "", 1)
	for _, c := range []struct{ name, place, words, text string }{
		{"no epochs", "methods[4].recommender.train:", `ease does not learn in epochs: it lacks the capability "epochs"`,
			withMethods(`{name: S, recommender: {plugin: ease, train: {epochs: 3}}}`)},
		{"no state", "methods[4].recommender:", `forgetful cannot keep its best epoch in a file: it lacks the capability "state"; say train: {rule: last}`,
			withMethods(`{name: S, recommender: {plugin: forgetful}}`)},
		{"no validation", "methods[4].recommender:", "no validation part: give its split a validation share, or say train: {rule: last}", none},
		{"a metric", "methods[4].recommender.train.metrics[0]:", `did you mean "ndcg@10"`,
			withMethods(`{name: S, recommender: {plugin: sasrec, train: {metrics: [ngcd@10]}}}`)},
		{"a metric that does not judge", "methods[4].recommender.train.metrics[1]:", "such as ndcg@10",
			withMethods(`{name: S, recommender: {plugin: sasrec, train: {metrics: [ndcg@5, coverage@10]}}}`)},
		{"a key", "methods[4].recommender.train.epoch:", `did you mean "epochs"`, withMethods(`{name: S, recommender: {plugin: sasrec, train: {epoch: 1}}}`)},
		{"no features", "methods[4].recommender.features:", `sasrec takes no features: it lacks the capability "features"`,
			withMethods(`{name: S, recommender: {plugin: sasrec, features: [{of: EASE, entity: item}]}}`)},
		{"no vectors", "methods[4].recommender.features[0].of:", `method "Popularity" gives no vectors: recommender plugin popularity lacks the capability "vectors"`,
			withMethods(`{name: S, recommender: {plugin: ease, features: [{of: Popularity, entity: item}]}}`)},
		{"vectors of an ensemble", "methods[5].recommender.features[0].of:", `method "Blend" is an ensemble, which has no vectors`,
			withMethods(noBlend, `{name: S, recommender: {plugin: ease, features: [{of: Blend, entity: item}]}}`)},
	} {
		_, err := load(t, c.text)
		if !contract.IsBadInput(err) || !hasLine(err.Error(), c.place, c.words) {
			t.Errorf("%s: want %q and %q in\n%v", c.name, c.place, c.words, err)
		}
	}
	if _, err := load(t, withMethods(`{name: S, recommender: {plugin: forgetful, train: {rule: last}}}`)); err != nil {
		t.Errorf("the last epoch needs no file: %v", err)
	}
}

package experiment

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/search"
	"cllm4rec/core/train"
)

// searched is the example with a method that varies a space.
func searched(search string) string {
	return withMethods(`{name: S, recommender: {plugin: sasrec, params: {lambda: 3}}, search: ` + search + `}`)
}

func TestASearchTakesTheExperimentsBudgetUnlessItHasItsOwn(t *testing.T) {
	text := searched(`{space: {params.lambda: {low: 1, high: 1000, log: true}, train.epochs: {low: 2, high: 9}, train.rule: {}}}`)
	p := mustLoad(t, "search: {trials: 7, time: 2h, seed: 5}\n"+text)
	want := &SearchPlan{
		Sampler: "tpe", Trials: 7, Time: 2 * time.Hour, Metrics: train.DefaultMetrics(), Seed: 5, Space: []search.Parameter{
			{Name: "params.lambda", Kind: search.Float, Low: 1, High: 1000, Log: true},
			{Name: "train.epochs", Kind: search.Int, Low: 2, High: 9, Step: 1},
			{Name: "train.rule", Kind: search.Categorical, Choices: []any{"best", "last"}},
		},
	}
	if got := p.Methods[4].Search; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	own := mustLoad(t, "search: {trials: 7, time: 2h}\n"+strings.Replace(text, "{space:", "{trials: 3, sampler: random, space:", 1)).Methods[4].Search
	if own.Trials != 3 || own.Sampler != "random" || own.Time != 2*time.Hour {
		t.Errorf("got %+v", own)
	}
}

func TestAConfigurationIsTheMethodWithOtherSettings(t *testing.T) {
	p := mustLoad(t, searched(`{space: {params.lambda: {low: 1, high: 9}, train.epochs: {low: 2, high: 9}}}`))
	m, err := p.Configuration(t.Context(), 4, search.Assignment{"params.lambda": 5.0, "train.epochs": int64(4)})
	if err != nil {
		t.Fatal(err)
	}
	byHand := mustLoad(t, withMethods(`{name: S, recommender: {plugin: sasrec, params: {lambda: 5}, train: {epochs: 4}}}`))
	if !reflect.DeepEqual(m, byHand.Methods[4]) {
		t.Errorf("got %+v, want %+v", m, byHand.Methods[4])
	}
	before := len(p.Trials)
	if err := p.Choose(Choice{Dataset: 0, Method: 4, Plan: m, Tried: []Tried{{}}}); err != nil {
		t.Fatal(err)
	}
	if len(p.Trials) != before+2 || named(t, p, "S").Key != named(t, byHand, "S").Key {
		t.Errorf("%d trials, before the choice %d", len(p.Trials), before)
	}
	if _, err := p.Configuration(t.Context(), 4, search.Assignment{"params.lambda": 13.0}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "bad luck") {
		t.Errorf("a value that the plugin refuses: error %v", err)
	}
}

func TestTryingMeasuresValidationAlone(t *testing.T) {
	p := mustLoad(t, searched(`{space: {params.lambda: {low: 1, high: 9}}}`))
	q, err := p.Trying(0, 4, p.Methods[4])
	if err != nil {
		t.Fatal(err)
	}
	c, err := q.Content(q.Trials[0])
	if err != nil || !reflect.DeepEqual(c.Evaluate.Parts, []string{"validation"}) || len(q.Trials) != 1 || q.Trials[0].Seed != 1 {
		t.Errorf("trials %+v, content %+v, error %v", q.Trials, c.Evaluate, err)
	}
}

func TestMistakesInASearchAreToldWithTheirPlace(t *testing.T) {
	const space = "methods[4].search.space."
	for _, c := range []struct{ name, search, place, words string }{
		{"an unknown setting", "{space: {params.lamda: {low: 1, high: 2}}}", space + "params.lamda:", `there is no setting "params.lamda"; did you mean "lambda"`},
		{"an unknown key", "{space: {train.epoch: {low: 1, high: 2}}}", space + "train.epoch:", `did you mean "epochs"`},
		{"no end", "{space: {params.lambda: {low: 1}}}", space + "params.lambda:", "expected low and high, or values"},
		{"an empty range", "{space: {params.lambda: {low: 2, high: 2}}}", space + "params.lambda:", "low 2 is not below high 2"},
		{"logarithm of nothing", "{space: {params.lambda: {high: 2, log: true}}}", space + "params.lambda:", "with log it must be above 0"},
		{"a wide step", "{space: {params.lambda: {low: 1, high: 2, step: 5}}}", space + "params.lambda:", "step 5"},
		{"two ways", "{space: {params.lambda: {low: 1, high: 2, values: [1]}}}", space + "params.lambda:", "either values, or low and high, not both"},
		{"a refused end", "{space: {params.lambda: {low: 1, high: 13}}}", space + "params.lambda:", "the value 13 is refused: plugin sasrec: lambda 13 brings bad luck"},
		{"outside of the schema", "{space: {params.lambda: {low: -1, high: 2}}}", space + "params.lambda:", "the value -1 is refused"},
		{"a grid without steps", "{sampler: grid, space: {params.lambda: {low: 1, high: 2}}}", "methods[4].search.space:", "params.lambda has any number of values: a grid needs its step, levels or choices"},
		{"an unknown condition", "{space: {params.lambda: {low: 1, high: 2, when: {train.rule: best}}}}", space + "params.lambda:", `when: there is no parameter "train.rule" before it`},
		{"a setting of no section", "{space: {recommender.params.lambda: {low: 1, high: 2}, params.lambda: {low: 1, high: 2}}}", space + "recommender.params.lambda:", `there is no setting "recommender.params.lambda"`},
		{"a condition on nothing", "{space: {params.lambda: {low: 1, high: 2, when: {}}}}", space + "params.lambda:", "when: expected one other setting"},
		{"conditions in a circle", "{space: {params.lambda: {low: 1, high: 2, when: {train.epochs: 3}}, train.epochs: {low: 1, high: 3, when: {params.lambda: 1}}}}", space, "there is no parameter"},
		{"nothing varies", "{space: {}}", "methods[4].search.space:", "nothing varies"},
		{"no budget", "{trials: 0, space: {params.lambda: {low: 1, high: 2}}}", "methods[4].search.trials:", "at least 1"},
		{"a sampler", "{sampler: tpee, space: {params.lambda: {low: 1, high: 2}}}", "methods[4].search.sampler:", `did you mean "tpe"`},
		{"a time", "{time: soon, space: {params.lambda: {low: 1, high: 2}}}", "methods[4].search.time:", "is no time"},
	} {
		_, err := load(t, searched(c.search))
		if !contract.IsBadInput(err) || !hasLine(err.Error(), c.place, c.words) {
			t.Errorf("%s: want %q and %q in\n%v", c.name, c.place, c.words, err)
		}
	}
	for name, c := range map[string]struct{ text, words string }{
		"no validation": {strings.Replace(searched("{space: {params.lambda: {low: 1, high: 2}}}"), "validation: 0.1, ", "", 1), "a search is decided on validation"},
		"an ensemble":   {withMethods(`{name: S, ensemble: {of: [EASE, Popularity]}, search: {space: {depth: {low: 1, high: 2}}}}`), "an ensemble has no settings to search"},
		"others' vectors": {
			withMethods(`{name: S, recommender: {plugin: ease, features: [{of: EASE, entity: item}]}, search: {space: {params.lamda: {low: 1, high: 2}}}}`), `there is no setting "params.lamda"`,
		},
		"a plugin that is not there": {
			withMethods(`{name: S, recommender: {plugin: sasrek}, search: {space: {params.lambda: {low: 1, high: 2}}}}`), `did you mean "sasrec"`,
		},
		"no section":      {withMethods(`{name: S, search: {space: {params.lambda: {low: 1, high: 2}}}}`), "a method needs one of recommender, cllm4rec and ensemble"},
		"a negative seed": {"search: {seed: -1}\n" + example, "must be at least 0"},
		"the metric":      {"search: {metrics: [ngcd@10]}\n" + example, `did you mean "ndcg@10"`},
		"the whole time":  {"search: {time: soon}\n" + example, "is no time"},
	} {
		if _, err := load(t, c.text); !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: want %q in\n%v", name, c.words, err)
		}
	}
}

func TestAnotherProblemOfTheFileIsNotBlamedOnTheSpace(t *testing.T) {
	_, err := load(t, strings.Replace(searched("{space: {params.lambda: {low: 1, high: 9}}}"), "seeds: [1, 2]", "seeds: [-1]", 1))
	if !contract.IsBadInput(err) || strings.Contains(err.Error(), "is refused") {
		t.Errorf("error %v", err)
	}
}

func TestConditionsMayDependOnSettingsThatHaveSome(t *testing.T) {
	p := mustLoad(t, searched("{space: {params.lambda: {low: 1, high: 9, when: {train.epochs: 3}}, train.epochs: {low: 3, high: 4, when: {train.rule: best}}, train.rule: {}}}"))
	var names []string
	for _, d := range p.Methods[4].Search.Space {
		names = append(names, d.Name)
	}
	if want := []string{"train.rule", "train.epochs", "params.lambda"}; !reflect.DeepEqual(names, want) {
		t.Errorf("the order is %q, want %q", names, want)
	}
}

func TestAGridMayTakeLevelsOfWholeNumbers(t *testing.T) {
	p := mustLoad(t, searched("{sampler: grid, space: {train.epochs: {low: 1, high: 1000, log: true, levels: 4}}}"))
	space, _, err := search.NewSpace(p.Methods[4].Search.Space)
	if err != nil {
		t.Fatal(err)
	}
	g, err := search.NewGrid(space)
	if err != nil || g.Count() != 4 {
		t.Errorf("%v, error %v", g, err)
	}
}

func TestSuccessiveHalvingHasRungsAndWantsEpochs(t *testing.T) {
	p := mustLoad(t, "search: {sampler: halving, trials: 9, factor: 3}\n"+withMethods(`{name: S, recommender: {plugin: sasrec, train: {epochs: 30}}, search: {space: {params.lambda: {low: 1, high: 9}}}}`))
	s := p.Methods[4].Search
	if want := []search.Rung{{Configurations: 9, Epochs: 3}, {Configurations: 3, Epochs: 10}, {Configurations: 1, Epochs: 30}}; !reflect.DeepEqual(s.Rungs, want) || s.Trainings() != 13 || s.Epochs() != 87 {
		t.Errorf("got %+v", s)
	}
	for row, want := range map[string]string{
		`{name: S, recommender: {plugin: ease}, search: {sampler: halving, space: {params.lambda: {low: 1, high: 9}}}}`:  `does not learn in epochs, which successive halving sets: it lacks the capability "epochs"; take another sampler`,
		`{name: S, recommender: {plugin: sasrec}, search: {sampler: halving, space: {train.epochs: {low: 1, high: 9}}}}`: "successive halving sets the epochs itself",
	} {
		if _, err := load(t, withMethods(row)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", row, err)
		}
	}
}

func TestTheFactorOfHalvingIsRefusedWithoutIt(t *testing.T) {
	row := `{name: S, recommender: {plugin: sasrec, train: {epochs: 30}}, search: {%sspace: {params.lambda: {low: 1, high: 9}}}}`
	if _, err := load(t, "search: {trials: 9, factor: 3}\n"+withMethods(fmt.Sprintf(row, ""))); err == nil || !strings.Contains(err.Error(), "search.factor: factor is for successive halving, and no search here has that sampler") {
		t.Errorf("got %v", err)
	}
	mustLoad(t, "search: {trials: 9, factor: 3}\n"+withMethods(fmt.Sprintf(row, "sampler: halving, "))) // of one row is enough
}

func TestASpaceThatIsSmallerThanTheBudgetIsSaid(t *testing.T) {
	notes := mustLoad(t, searched(`{trials: 9, space: {train.rule: {}, train.epochs: {low: 1, high: 3}}}`)).Methods[4].Search.Notes
	if len(notes) != 1 || notes[0] != "the space has 6 configurations, fewer than the budget of 9: the search ends with them" {
		t.Errorf("got %q", notes)
	}
}

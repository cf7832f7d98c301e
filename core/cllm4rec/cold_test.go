package cllm4rec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// asked fits, and gives what ranking for some queries adds to the log of the backbone.
func asked(t *testing.T, text string, queries ...contract.Query) (*double, []contract.Ranking, string) {
	t.Helper()
	d, m := fit(t, text, tiny(), 7)
	before := d.log.Len()
	rankings, err := m.Rank(t.Context(), contract.RankSpec{}, queries)
	if err != nil {
		t.Fatal(err)
	}
	return d, rankings, d.log.String()[before:]
}

var (
	nobody    = contract.Query{User: contract.NoUser, History: []int32{1, 4, 5}, K: 6}
	nameless  = contract.Query{User: contract.NoUser, K: 6}
	untrained = contract.Query{User: 2, K: 6} // who is in the data, and has no training item
	known     = contract.Query{User: 3, History: []int32{4, 1, 3, 2, 0}, K: 6}
)

func TestNewUsersAreAskedForAsTheSettingsSay(t *testing.T) {
	for user, want := range map[string][]string{
		"none":   {"rank collaborative 6 has interacted with", "rank collaborative 6 <user_3> has"},
		"mean":   {"newcomers newcomers of collaborative, 1 users", "rank newcomers 6 <user_4> has interacted with", "rank newcomers 6 <user_3> has"},
		"fitted": {"newcomers newcomers of collaborative, 2 users", "train newcomers multinomial batch_sum first=true batch=1 rate=0.01 dropout=0 fresh=true", "  <user_4> has interacted with", "rank newcomers 6 <user_4> has", "rank newcomers 6 <user_5> has", "rank collaborative 6 <user_3> has"},
	} {
		d, _, log := asked(t, short+`, "cold": {"user": "`+user+`"}`, nobody, untrained, known)
		for _, line := range want {
			if !strings.Contains(log, line) {
				t.Errorf("%s: no %q in\n%s", user, line, log)
			}
		}
		if n := strings.Count(log, "train newcomers"); n != map[string]int{"fitted": 20}[user] {
			t.Errorf("%s: %d steps on newcomers", user, n)
		}
		plain, _ := fit(t, short, tiny(), 7)
		if !reflect.DeepEqual(d.towers[towerCollaborative], plain.towers[towerCollaborative]) {
			t.Errorf("%s: who is served how changes the training", user)
		}
	}
}

func TestTheTokenOfAFittedUserDoesNotDependOnTheUsersBeside(t *testing.T) {
	text := short + `, "cold": {"user": "fitted", "steps": 5, "lr": 0.1}`
	_, together, _ := asked(t, text, nobody, known, nameless)
	_, alone, log := asked(t, text, nobody)
	if !reflect.DeepEqual(together[0], alone[0]) {
		t.Errorf("%v beside others, %v alone", together[0], alone[0])
	}
	if n := strings.Count(log, "train newcomers"); n != 5 {
		t.Errorf("%d steps in\n%s", n, log)
	}
	_, mean, _ := asked(t, short+`, "cold": {"user": "mean"}`, nameless)
	if !reflect.DeepEqual(together[2], mean[0]) {
		t.Errorf("a user without a history is not ranked for by the mean: %v, %v", together[2], mean[0])
	}
}

func TestAFittedUserOfLLMPreRecIsFittedToItsOwnDocuments(t *testing.T) {
	_, _, log := asked(t, `"content": false, "pretrain": {"epochs": 2}, "finetune": {"epochs": 0}, "batch": 2, "cold": {"user": "fitted", "steps": 1}`, nobody)
	if !strings.Contains(log, "train newcomers next_item batch_sum") || !strings.Contains(log, `prior toward "" 5e-05 batch_sum targets=false`) || !strings.Contains(log, "rank newcomers 6 <user_4> has interacted with") {
		t.Error(log)
	}
}

func TestNewItemsTakeTheTokensThatTheSettingsName(t *testing.T) {
	d, _, log := asked(t, short+`, "cold": {"item": "content"}`, known)
	if !strings.Contains(log, `0 users, items "tower" from "content"`) || !strings.Contains(log, "rank newcomers 6 <user_3>") || d.towers[towerContent] == nil {
		t.Errorf("the content tower is %v after\n%s", d.towers[towerContent], log)
	}
	if !strings.Contains(d.log.String()[:d.log.Len()-len(log)], "rank newcomers") {
		t.Error("validation ranks otherwise than the test will")
	}
	d, m := fitWith(t, short+`, "tokens": {"from": "features"}, "cold": {"item": "features"}`)
	if _, err := m.Rank(t.Context(), contract.RankSpec{}, []contract.Query{known}); err != nil || !strings.Contains(d.log.String(), `0 users, items "map" from ""`) {
		t.Errorf("error %v after\n%s", err, d.log.String())
	}
}

func TestAKeptModelServesNewcomersAsBefore(t *testing.T) {
	text := short + `, "cold": {"user": "fitted", "steps": 3, "item": "content"}`
	d, m := fit(t, text, tiny(), 7)
	queries := []contract.Query{nobody, untrained, known}
	want, err := m.Rank(t.Context(), contract.RankSpec{}, queries)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := m.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	other := newDouble()
	other.ids, other.words = d.ids, d.words
	info, _ := other.Load(t.Context(), contract.Resources{}, nil)
	again, err := Load(t.Context(), other, config(t, text), Kept{Dir: dir, Users: 4, Items: 6, Interactions: tiny().Interactions, Seed: 7, Model: info})
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Rank(t.Context(), contract.RankSpec{}, queries)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, error %v; before it was saved %v", got, err, want)
	}
}

func TestWithoutAWayToServeThemNewUsersAreRefused(t *testing.T) {
	d, m := fit(t, short, tiny(), 7)
	if _, err := m.Rank(t.Context(), contract.RankSpec{}, []contract.Query{nobody}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	if _, err := m.Rank(t.Context(), contract.RankSpec{}, []contract.Query{untrained}); err != nil || strings.Contains(d.log.String(), "newcomers") {
		t.Errorf("error %v after\n%s", err, d.log.String())
	}
}

func TestAQuestionWithoutAUserNeedsOtherWords(t *testing.T) {
	d := newDouble()
	text := short + `, "templates": {"finetuning": "{user}{items}"}, "mask_token": "drop", "cold": {"user": "none"}`
	if _, err := Fit(t.Context(), d, config(t, text), input(t, d, tiny(), 7)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "template finetuning") {
		t.Errorf("error %v", err)
	}
}

func TestColdSettingsAreConfigsAgainAndLeaveNoTraceWhenOff(t *testing.T) {
	plain, err := json.Marshal(resolve(t, `{}`))
	if err != nil || strings.Contains(string(plain), "cold") {
		t.Errorf("%s, error %v", plain, err)
	}
	for _, text := range []string{
		`{"cold": {"user": "fitted"}}`, `{"cold": {"user": "fitted", "steps": 3, "lr": 0.5, "item": "content"}}`,
		`{"cold": {"user": "mean", "item": "features"}, "tokens": {"from": "features"}}`,
	} {
		s := resolve(t, text)
		raw, err := json.Marshal(s)
		if again := resolve(t, string(raw)); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v became %+v, error %v", s, again, err)
		}
	}
}

func TestColdSettingsReachNoStageThatDoesNotValidateByThem(t *testing.T) {
	for text, reaches := range map[string]bool{
		``: false, `, "pretrain": {"select": {}}`: true, `, "finetune": {"epochs": 0}`: true, `, "finetune": {"epochs": 0}, "select": {"rule": "last"}`: false,
	} {
		s := resolve(t, `{"cold": {"user": "mean"}`+text+`}`)
		if got := s.Reaching(StagePretrain).Cold != (ColdSettings{}); got != reaches {
			t.Errorf("%q: they reach pretraining: %v", text, got)
		}
		if s.Reaching(StageWarmup).Cold != (ColdSettings{}) {
			t.Errorf("%q: they reach the warm-up", text)
		}
	}
}

func TestWhatContradictsItselfInColdIsNamed(t *testing.T) {
	steps, rate, none, off := 3, 0.5, 0, false
	for part, c := range map[string]Config{
		"cold.steps: has no effect without":             {Cold: Cold{User: ColdUserMean, Steps: &steps}},
		"cold.lr: has no effect without":                {Cold: Cold{Rate: &rate}},
		"cold.user":                                     {Cold: Cold{User: "all"}},
		"it needs tokens: {from: features}":             {Cold: Cold{Item: ColdItemFeatures}},
		"and there is none (content: false)":            {Cold: Cold{Item: ColdItemContent}, Content: &off},
		"cold.item: content needs the content tower of": {Cold: Cold{Item: ColdItemContent}, Finetune: Finetune{Epochs: &none}},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

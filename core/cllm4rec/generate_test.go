package cllm4rec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestGenerationIsAskedForAndItsFaultsAreCounted(t *testing.T) {
	d, m := fit(t, short+`, "rank": {"by": "generation", "items": 3, "beams": 4}`, tiny(), 7)
	d.generated = []int32{4, 5, 4} // whatever is asked
	r, err := m.Rank(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, []contract.Query{
		{User: 3, History: []int32{4, 1, 3}, K: 6}, {User: 0, History: []int32{2}, K: 6}, {User: 1, K: 1},
	})
	if err != nil || !reflect.DeepEqual(r[0].Items, []int32{4, 5, 0, 1, 2, 3}) {
		t.Errorf("%v, error %v", r, err)
	}
	if !strings.Contains(d.log.String(), "generating 3 by 4 beams") {
		t.Error(d.log.String())
	}
	want := Generated{Lists: 2, Items: 6, Repeated: 2, Known: 1} // the third answer is too short to tell
	if got := m.Report().Generated; got == nil || *got != want {
		t.Errorf("%+v, want %+v: of the lists since the training ended", got, want)
	}
	if _, plain := fit(t, short, tiny(), 7); plain.Report().Generated != nil {
		t.Error("one pass has counts of lists")
	}
}

func TestAQuestionLeavesRoomForTheListBehindIt(t *testing.T) {
	history := make([]int32, 40)
	lengths := map[string]int{}
	for name, text := range map[string]string{"one pass": "", "generation": `, "rank": {"by": "generation", "items": 5}`} {
		_, m := fit(t, short+text, tiny(), 7)
		_, prompts, err := m.prompts(t.Context(), []contract.Query{{User: 3, History: history, K: 1}})
		if err != nil {
			t.Fatal(err)
		}
		lengths[name] = len(prompts[0].Prompt)
	}
	if lengths["one pass"] != 32 || lengths["generation"] != 28 {
		t.Errorf("questions of %v tokens, want 32, and 28 where 4 more are read", lengths)
	}
	d := newDouble()
	if _, err := Fit(t.Context(), d, config(t, short+`, "rank": {"by": "generation", "items": 33}`), input(t, d, tiny(), 7)); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("a list that is longer than any sequence: error %v", err)
	}
}

func TestSettingsOfRankingAreConfigsAgainAndLeaveNoTraceWhenOff(t *testing.T) {
	plain, err := json.Marshal(resolve(t, `{"rank": {"by": "one_pass"}}`))
	if err != nil || strings.Contains(string(plain), `"rank"`) {
		t.Errorf("%s, error %v", plain, err)
	}
	s := resolve(t, `{"rank": {"by": "generation"}}`)
	raw, err := json.Marshal(s)
	if again := resolve(t, string(raw)); err != nil || !reflect.DeepEqual(again, s) || s.Rank != (RankSettings{RankGeneration, 20, 20}) {
		t.Errorf("%+v became %+v, error %v", s, again, err)
	}
	if s.Reaching(StagePretrain).Rank != (RankSettings{}) {
		t.Error("how items are ranked reaches pretraining")
	}
}

func TestWhatContradictsItselfInRankingIsNamed(t *testing.T) {
	n := 3
	for part, c := range map[string]Config{
		"rank: items and beams have no effect": {Rank: Rank{Items: &n}},
		"prompts: several prompts":             {Rank: Rank{By: RankGeneration}, Prompts: &n},
		"rank.by":                              {Rank: Rank{By: "guess"}},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

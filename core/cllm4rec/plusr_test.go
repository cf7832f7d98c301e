package cllm4rec

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// described are features of the items of tiny.
func described() []*contract.FeatureChunk {
	return []*contract.FeatureChunk{
		{Name: "tokens", Entity: contract.EntityItem, Width: 2, Rows: []int32{0, 1, 2}, Dense: []float32{1, 0, 0, 1, 1, 1}},
		{Name: "tokens", Entity: contract.EntityItem, Width: 2, Rows: []int32{3, 4}, Dense: []float32{1, 2, 2, 1}},
	}
}

// fitWith is fit with features of the items.
func fitWith(t *testing.T, text string) (*double, *Model) {
	t.Helper()
	d := newDouble()
	in := input(t, d, tiny(), 7)
	in.Features = described()
	m, err := Fit(t.Context(), d, config(t, text), in)
	if err != nil {
		t.Fatal(err)
	}
	return d, m
}

func TestCallsOfPlusRAreThoseOfItsGoldenFiles(t *testing.T) {
	for name, text := range map[string]string{
		"head":   short + `, "item_bias": true, "prompts": 3, "finetune": {"epochs": 2, "mask": 0.2, "mask_to": 0.8, "exclude_history": true}`,
		"stop":   `"content": false, "pretrain": {"epochs": 9, "select": {"patience": 2}}, "finetune": {"epochs": 1}, "batch": 2`,
		"tokens": short + `, "content": false, "tokens": {"from": "features", "lambda_c": 3}`,
	} {
		t.Run(name, func(t *testing.T) {
			d, m := fitWith(t, text)
			if _, err := m.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: 3, History: []int32{4, 1, 3, 2, 0}, K: 2}}); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "plusr", name+".golden"), d.log.String())
		})
	}
}

func TestOptionsOfPlusRThatAreOffLeaveNoTrace(t *testing.T) {
	plain, err := json.Marshal(resolve(t, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	off, err := json.Marshal(resolve(t, `{"tokens": {"from": "random"}, "item_bias": false, "prompts": 1,
		"finetune": {"mask": 0.2, "mask_to": 0.2, "exclude_history": false}, "pretrain": {"select": {"rule": "last"}}}`))
	if err != nil || string(off) != string(plain) {
		t.Errorf("%s differs from %s, error %v", off, plain, err)
	}
	for _, name := range []string{"tokens", "linear", "item_bias", "prompts", "mask_to", "exclude_history"} {
		if strings.Contains(string(plain), `"`+name+`"`) {
			t.Errorf("%s says %s", plain, name)
		}
	}
}

func TestSettingsOfPlusRAreConfigsAgain(t *testing.T) {
	for _, text := range []string{
		`{"tokens": {"from": "features"}, "linear": {"of": "EASE"}}`,
		`{"item_bias": true, "prompts": 4, "finetune": {"mask_to": 0.6, "exclude_history": true}, "pretrain": {"select": {"patience": 3}}}`,
		`{"linear": {"of": "EASE", "gamma": 0.5, "depth": 2000}}`,
		`{"linear": {"of": "EASE", "gamma": "search", "grid": [0, 1], "metrics": ["ndcg@10"]}}`,
	} {
		s := resolve(t, text)
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again := resolve(t, string(raw)); !reflect.DeepEqual(again, s) {
			t.Errorf("%+v became %+v", s, again)
		}
	}
	if grid := resolve(t, `{"linear": {"of": "EASE"}}`).Linear.Grid; len(grid) != 31 || grid[0] != 0 || grid[30] != 3 || grid[7] != 0.7 {
		t.Errorf("the default grid is %v", grid)
	}
}

func TestWhatContradictsItselfInPlusRIsNamed(t *testing.T) {
	half := 0.5
	for part, c := range map[string]Config{
		"tokens: map and lambda_c have no effect": {Tokens: Tokens{LambdaC: &half}},
		"linear.gamma: must be at least 0":        {Linear: &Linear{Of: "A", Gamma: -0.5}},
		"linear.gamma: must be a number or":       {Linear: &Linear{Of: "A", Gamma: "much"}},
		"linear.gamma: is given, and grid":        {Linear: &Linear{Of: "A", Gamma: 0.5, Grid: []float64{1}}},
		"linear.grid":                             {Linear: &Linear{Of: "A", Grid: []float64{-1}}},
		"linear.of":                               {Linear: &Linear{}},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

func TestTokensOfFeaturesNeedFeaturesBeforeAnyWork(t *testing.T) {
	d := newDouble()
	_, err := Fit(t.Context(), d, config(t, short+`, "tokens": {"from": "features"}`), input(t, d, tiny(), 1))
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "there are no features") || d.log.Len() > 0 {
		t.Errorf("error %v after\n%s", err, d.log.String())
	}
}

func TestMaskSharesLieInTheirRange(t *testing.T) {
	s := FinetuneSettings{Mask: 0.2, MaskTo: 0.6}
	low, high := 1.0, 0.0
	for k := range uint64(2000) {
		share := s.share(stream(1, k))
		low, high = min(low, share), max(high, share)
	}
	if low < 0.2 || high > 0.6 || low > 0.21 || high < 0.59 {
		t.Errorf("shares from %v to %v", low, high)
	}
}

func TestEachStageIsValidatedByItsOwnMetrics(t *testing.T) {
	asked := map[string]int{}
	d := newDouble()
	in := input(t, d, tiny(), 7)
	in.Validate = func(_ context.Context, _ Ranker, metrics []string) (float64, error) {
		asked[strings.Join(metrics, " ")]++
		return 0, nil
	}
	text := `"content": false, "pretrain": {"epochs": 3, "select": {"metrics": ["hr@5"]}}, "finetune": {"epochs": 2}, "select": {"metrics": ["mrr@10"]}, "batch": 2`
	if _, err := Fit(t.Context(), d, config(t, text), in); err != nil {
		t.Fatal(err)
	}
	if asked["hr@5"] != 3 || asked["mrr@10"] != 2 {
		t.Errorf("asked for %v", asked)
	}
}

func TestASelectionInPretrainingThatAStartOverrulesIsAProblem(t *testing.T) {
	for text, wrong := range map[string]bool{
		`"collaborative_start": "best", "pretrain": {"select": {}}`: true, `"fidelity": "code", "pretrain": {"select": {}}`: true,
		`"fidelity": "code", "collaborative_start": "last", "pretrain": {"select": {}}`: false, `"collaborative_start": "best"`: false,
	} {
		var c Config
		if err := json.Unmarshal([]byte("{"+text+"}"), &c); err != nil {
			t.Fatal(err)
		}
		if problems := c.Check(); (len(problems) > 0) != wrong {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestPretrainingThatIsValidatedStopsAndGoesOnWithItsBest(t *testing.T) {
	_, m := fit(t, `"content": false, "pretrain": {"epochs": 9, "select": {"patience": 2}}, "finetune": {"epochs": 2}, "batch": 2`, tiny(), 7)
	r := m.Report()
	epochs := map[Stage]int{}
	for _, p := range r.Passes {
		epochs[p.Stage]++
	}
	if epochs[StagePretrain] != 3 || epochs[StageFinetune] != 2 || !m.state.Selection[StagePretrain].Stopped {
		t.Errorf("epochs %v, selection %+v", epochs, m.state.Selection[StagePretrain])
	}
	if r.Selection.Stage != StageFinetune || len(r.Selection.Curve) != 2 {
		t.Errorf("the report tells of %+v", r.Selection)
	}
}

package experiment

import (
	"slices"
	"strings"
	"testing"
)

func towerWith(section string) string {
	return `{name: L, cllm4rec: {backbone: {plugin: reader, params: {weights: models/tiny}}, ` + section + `}}`
}

func TestALinearPartIsResolved(t *testing.T) {
	both := func(linear string) MethodPlan {
		return mustLoad(t, withMethods(towerWith(`content: false`), `{name: Both, base: L, cllm4rec: {linear: `+linear+`}}`)).Methods[5]
	}
	m := both(`{of: EASE, depth: 2000}`)
	if f := m.Ensemble; f == nil || f.Fuse != FuseLinear || f.Depth != 2000 || len(f.Combinations()) != 31 || !slices.Equal(m.Needs, []int{4, 1}) {
		t.Errorf("fusion %+v, needs %v", f, m.Needs)
	}
	if f := both(`{of: EASE, gamma: 0.3}`).Ensemble; f == nil || !slices.Equal(f.Weights, []float64{1, 0.3}) || f.Grid != nil {
		t.Errorf("fusion %+v", f)
	}
}

func TestWhatIsWrongWithTokensAndLinearPartsIsNamed(t *testing.T) {
	for section, want := range map[string]string{
		`linear: {of: EASY}`: `there is no method "EASY"`,
		`linear: {of: L}`:    "methods need each other in a circle",
		`linear: {of: EASE}`: "there is no row that is the same without linear",
		`tokens: {from: features}, features: [{tfidf: {}}]`: "say svd",
		`item_bias: true`:                      `lacks the capability "item_bias"`,
		`finetune: {exclude_history: true}`:    `lacks the capability "excluded_items"`,
		`prompts: 2`:                           `lacks the capability "mean_prompts"`,
		`pretrain: {select: {metrics: [x@1]}}`: "x@1",
		`finetune: {mask: 0.5, mask_to: 0.4}`:  "must be at least mask",
		`tokens: {from: features}`:             "there are no features to make tokens of",
		`features: [{tfidf: {}, svd: 2}]`:      "features have no effect without tokens",
		`tokens: {from: features}, features: [{of: CLLM4Rec, entity: user}]`:   "tokens are made of features of items",
		`tokens: {from: features}, features: [{of: Nobody}]`:                   `there is no method "Nobody"`,
		`tokens: {from: features}, features: [{tfidf: {}, svd: 2, rank: 1}]`:   "rank has no effect without whiten",
		`linear: {of: EASE, gamma: search, grid: [0, 1], metrics: [no@thing]}`: "no@thing",
	} {
		if _, err := load(t, withMethods(towerWith(section))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v lacks %q", section, err, want)
		}
	}
}

func TestWhatTokensAreMadeOfIsInTheKeysOfStages(t *testing.T) {
	key := func(features string) string {
		t.Helper()
		p := mustLoad(t, withMethods(towerWith(`content: false, tokens: {from: features}, features: [`+features+`]`)))
		stages, err := p.Stages(named(t, p, "L"))
		if err != nil || stages.Pretrain == nil {
			t.Fatalf("%+v, error %v", stages, err)
		}
		return stages.Pretrain.Key
	}
	seen := map[string]string{}
	for _, features := range []string{`{tfidf: {}, svd: 2}`, `{tfidf: {}, svd: 3}`, `{tfidf: {}, svd: 2, shuffled: true}`, `{of: EASE}`, `{of: CLLM4Rec}`} {
		k := key(features)
		if other, taken := seen[k]; taken {
			t.Errorf("tokens of %s and of %s share their pretraining", features, other)
		}
		seen[k] = features
	}
}

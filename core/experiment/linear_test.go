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
		`tokens: {from: features}, features: [{tfidf: {}}]`:                    "say svd",
		`tokens: {from: features}`:                                             "there are no features to make tokens of",
		`features: [{tfidf: {}, svd: 2}]`:                                      "features have no effect without tokens",
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

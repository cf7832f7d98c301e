package run_test

import (
	"fmt"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/record"
)

const (
	tower = `{name: Tower, cllm4rec: {backbone: {plugin: fakelm}, documents: [title], %s
     warmup: {epochs: 0}, pretrain: {epochs: 1}, finetune: {epochs: 2, lr: 0.05}}}`
	fromTitles = `content: false, tokens: {from: features, lambda_c: 0.1}, features: [{tfidf: {stop_words: none}, svd: 3}, {embed: {backbone: {plugin: fakelm}}}],`
)

// TestGammaOfALinearPartIsChosenOnValidation: gamma 0 is the tower alone, a large one
// the linear part, a given one what a search that has nothing else would take.
func TestGammaOfALinearPartIsChosenOnValidation(t *testing.T) {
	b := newBench(t)
	both := func(name, linear string) string {
		return fmt.Sprintf(`{name: %s, base: Tower, cllm4rec: {linear: {of: Taste, %s}}}`, name, linear)
	}
	p := b.plan(rows(taste, fmt.Sprintf(tower, fromTitles), both("None", "gamma: 0"), both("All", "gamma: 1000000"),
		both("Half", "gamma: 0.5"), both("Searched", "grid: [0, 0.5, 1000000], metrics: [recall@5, ndcg@10]")))
	if s, _ := b.mustRun(p); s.Done != 6 {
		t.Fatalf("summary %+v", s)
	}
	lists := func(name string) string { return rankedItems(t, b, b.recordOf(p, name)) }
	if lists("None") != lists("Tower") || lists("All") != lists("Taste") || lists("Half") == lists("Tower") || lists("Half") == lists("Taste") {
		t.Error("the sum is not that of the tower's and the linear part's scores")
	}
	scores := map[float64]float64{}
	for name, gamma := range map[string]float64{"None": 0, "Half": 0.5, "All": 1000000} {
		means := b.recordOf(p, name).Result("validation").Means
		scores[gamma] = means["recall@5"] + means["ndcg@10"]
	}
	got := b.recordOf(p, "Searched").Ensemble
	if got == nil || got.Tried != 3 || got.Score != max(scores[0], scores[0.5], scores[1000000]) || scores[got.Weights[1]] != got.Score || got.Weights[0] != 1 {
		t.Errorf("chosen %+v of %v", got, scores)
	}
}

// rankedItems are the stored rankings of a record without their scores.
func rankedItems(t *testing.T, b *bench, rec *record.Record) string {
	t.Helper()
	store, err := record.View(b.out)
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Rankings(rec, string(contract.PartTest))
	if err != nil {
		t.Fatal(err)
	}
	var items [][]int32
	for _, list := range r.Lists {
		items = append(items, list.Items)
	}
	return fmt.Sprint(items)
}

func TestShuffledFeaturesGiveOtherTokens(t *testing.T) {
	b := newBench(t)
	p := b.plan(rows(fmt.Sprintf(tower, fromTitles), `{name: Shuffled, base: Tower, cllm4rec: {features: [{tfidf: {stop_words: none}, svd: 3, shuffled: true}]}}`))
	if s, _ := b.mustRun(p); s.Done != 2 {
		t.Fatalf("summary %+v", s)
	}
	if rankings(t, b, b.recordOf(p, "Tower")) == rankings(t, b, b.recordOf(p, "Shuffled")) {
		t.Error("shuffled texts rank as true ones")
	}
}

func TestALinearPartIsPartOfTheIdentityByItsTrial(t *testing.T) {
	b := newBench(t)
	plan := func(of string) []string {
		p := b.plan(rows(taste, simple, fmt.Sprintf(tower, ""), `{name: Both, base: Tower, cllm4rec: {linear: {of: `+of+`}}}`))
		if depth := p.DepthOf(2); depth != 1000 {
			t.Errorf("the learned part stores %d items", depth)
		}
		return []string{p.Trials[3].TrainKey, p.Trials[2].TrainKey}
	}
	one, other := plan("Taste"), plan("Popular")
	if one[0] == other[0] || one[1] != other[1] || one[0] == one[1] {
		t.Errorf("train keys %v and %v", one, other)
	}
}

// TestTowersTrainJointlyWithAnotherRow: joint training goes on from what the row without it
// has, with the other row's plugin beside the backbone in the record.
func TestTowersTrainJointlyWithAnotherRow(t *testing.T) {
	b := newBench(t)
	p := b.plan(rows(simple, fmt.Sprintf(tower, ""), `{name: Jointly, base: Tower, cllm4rec: {joint: {with: Popular, gamma: 3, lr: 0.05}}}`,
		`{name: Both, base: Jointly, cllm4rec: {linear: {of: Popular, gamma: 3}}}`))
	if s, _ := b.mustRun(p); s.Done != 4 {
		t.Fatalf("summary %+v", s)
	}
	alone, jointly := b.recordOf(p, "Tower"), b.recordOf(p, "Jointly")
	if rankings(t, b, alone) == rankings(t, b, jointly) {
		t.Error("joint training changes nothing")
	}
	if len(jointly.Plugins) != 3 || jointly.Plugins[1].Name != "fakerec" || jointly.Plugins[1].CPU == 0 && jointly.Plugins[1].PeakRSS == 0 || jointly.Plugins[2].Name != "fakelm" {
		t.Errorf("plugins %+v", jointly.Plugins)
	}
	last := jointly.Log[len(jointly.Log)-1]
	if last.Stage != "joint" || last.LearningRate != 0.05 || len(jointly.Log) != len(alone.Log)+1 {
		t.Errorf("the log ends in %+v after %d entries, and that of the row without it has %d", last, len(jointly.Log), len(alone.Log))
	}
}

func TestWhatCannotBeTrainedWithFailsBeforeTheTowersTrain(t *testing.T) {
	b := newBench(t)
	p := b.plan(rows(`{name: Broken, recommender: {plugin: fakerec, params: {die_at: 1}}}`, fmt.Sprintf(tower, "joint: {with: Broken, gamma: 3},")))
	if s, _ := b.mustRun(p); s.Failed != 2 {
		t.Fatalf("summary %+v", s)
	}
	rec := b.recordOf(p, "Tower")
	if !strings.Contains(rec.Error, "Broken, which is trained with") || len(rec.Log) != 0 || rec.Pipeline != nil {
		t.Errorf("error %q after the log %+v", rec.Error, rec.Log)
	}
}

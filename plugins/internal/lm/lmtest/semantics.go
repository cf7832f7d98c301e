package lmtest

import (
	"encoding/json"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
)

// updateSemantics writes a golden file anew; it works only where the plugin's
// number has been raised.
var updateSemantics = flag.Bool("update-semantics", false, "write testdata/semantics.json of a plugin whose Semantics was raised")

// semanticsTolerance is how far processors and kernels may differ, relative to the
// largest number of a list.
const semanticsTolerance = 1e-4

// golden are numbers of a plugin and its contract.Info.Semantics when they were made.
type golden struct {
	Semantics int
	Numbers   map[string][]float64
}

// Semantics holds what a backbone computes from fixed inputs and seeds (what
// transformers and PyTorch are asked elsewhere, and what nobody else decides: the
// drawing of towers and adapters, dropout, vocabularies and models that are
// trained here) against testdata/semantics.json. When numbers change on purpose the
// plugin's Semantics is raised, and the file written with -update-semantics: stored
// results of the old number are then never taken for those of the new one.
func (s Suite) Semantics(t *testing.T, folder string, words int, shape string) {
	info, err := s.New().Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := golden{info.Semantics, s.numbers(t, folder, words, shape)}
	path, want := filepath.Join("testdata", "semantics.json"), golden{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if *updateSemantics && got.Semantics > want.Semantics {
		writeGolden(t, path, got)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.Semantics != want.Semantics {
		t.Fatalf("Semantics is %d, %s is of %d: write it anew with -update-semantics", got.Semantics, path, want.Semantics)
	}
	names := slices.Sorted(maps.Keys(want.Numbers))
	for _, name := range names {
		x, there := got.Numbers[name]
		if !there && name == drawnByRow {
			continue
		}
		if d := apart(x, want.Numbers[name]); !(d < semanticsTolerance) {
			t.Errorf("%s: %v, in %s %v: numbers changed, so raise Semantics of the plugin (and say in CHANGELOG why)", name, x, path, want.Numbers[name])
		}
	}
	if len(got.Numbers) > len(names) {
		t.Errorf("%s lacks some of %v", path, slices.Sorted(maps.Keys(got.Numbers)))
	}
}

func writeGolden(t *testing.T, path string, g golden) {
	t.Helper()
	text, err := json.MarshalIndent(g, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// apart is the largest difference over the largest value.
func apart(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	top, worst := 0.0, 0.0
	for i, w := range want {
		top, worst = max(top, math.Abs(w)), max(worst, math.Abs(got[i]-w))
	}
	if worst == 0 {
		return 0
	}
	return worst / top
}

// drawnByRow are numbers that only packed attention has: there dropout does not
// come from libtorch's generators.
const drawnByRow = "losses under dropout"

// numbers are computed with one thread on the CPU.
func (s Suite) numbers(t *testing.T, folder string, words int, shape string) map[string][]float64 {
	t.Helper()
	all := map[string][]float64{}
	b := s.Loaded(t, folder, map[string]any{"device": "cpu"})
	for mode, train := range kinds() {
		trainSome(t, b, string(mode), words, train)
		all["scores of "+string(mode)] = scores(t, b, string(mode), words)
	}
	trainSome(t, b, "scratch", words, contract.Trainable{Mode: contract.TrainAll, Scratch: true})
	all["scores of scratch"] = scores(t, b, "scratch", words)
	vectors, err := b.EmbedTokens(t.Context(), contract.EmbedSpec{Pooling: contract.PoolMean}, [][]int32{{1, 2, 3, 5, 8}})
	if err != nil {
		t.Fatal(err)
	}
	all["vector"] = wide(vectors[0])
	all["losses"] = losses(t, b, words, 0)
	if slices.Contains(Kernels(), "packed") {
		all[drawnByRow] = losses(t, b, words, 0.3)
	}
	all["pretrained"] = s.pretrained(t, shape)
	return all
}

func scores(t *testing.T, b *lm.Backbone, tower string, words int) (all []float64) {
	t.Helper()
	for _, d := range histories(words) {
		rankings, err := b.Rank(t.Context(), tower, contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, []contract.RankPrompt{{Prompt: d.Prompt, K: someItems}})
		if err != nil {
			t.Fatal(err)
		}
		byItem := make([]float64, someItems)
		for i, item := range rankings[0].Items {
			byItem[item] = float64(rankings[0].Scores[i])
		}
		all = append(all, byItem...)
	}
	return all
}

// losses are those of a pass of each objective, each with a prior of its own kind.
func losses(t *testing.T, b *lm.Backbone, words int, dropout float64) (all []float64) {
	t.Helper()
	for i, name := range []string{"l", "c"} {
		if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: name, Users: someUsers, Items: someItems, InitStd: 0.1, Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	texts := histories(words)
	for i := range texts {
		texts[i].Main = []int32{3, 1, 4}
	}
	questions := histories(words)
	for i := range questions {
		questions[i].Main, questions[i].Targets = nil, []int32{int32(i), int32(i + 2)}
	}
	for _, p := range []struct {
		objective contract.Objective
		docs      []contract.Example
		prior     contract.Prior
	}{
		{contract.NextItem, histories(words), contract.Prior{Coefficient: 0.1, Reduction: contract.BatchSum}},
		{contract.NextWord, texts, contract.Prior{Toward: "l", Coefficient: 0.5, Reduction: contract.ExampleMean, MentionedOnly: true}},
		{contract.Multinomial, questions, contract.Prior{Toward: "c", Coefficient: 0.5, Reduction: contract.ExampleMean, Targets: true}},
	} {
		tower := "l"
		if p.objective == contract.NextWord {
			tower = "c"
		}
		spec := contract.TrainSpec{Tower: tower, Objective: p.objective, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 2, LearningRate: 1e-2,
			Dropout: dropout, Seed: 9, MaxGradNorm: 1, WeightDecay: 0.01, Priors: []contract.Prior{p.prior}}
		for range 2 {
			r, err := b.TrainTower(t.Context(), spec, Stream(p.docs...), nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r.Data, r.Priors[0])
		}
	}
	return all
}

// pretrained are the loss of a small model after a few steps of pretraining, and
// how its vocabulary cuts a sentence.
func (s Suite) pretrained(t *testing.T, shape string) []float64 {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model")
	r, err := s.Pretrain(t, out, shape, 5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Load(t, out, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := b.Encode(t.Context(), []string{"the shiny brush is good for my cream."})
	if err != nil {
		t.Fatal(err)
	}
	all := []float64{r.HeldOut.NLL, float64(r.HeldOut.Tokens)}
	for _, id := range ids[0] {
		all = append(all, float64(id))
	}
	return all
}

func wide(values []float32) []float64 {
	all := make([]float64, len(values))
	for i, x := range values {
		all[i] = float64(x)
	}
	return all
}

package conformance

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
)

// Sizes of the suite's towers.
const (
	towerUsers = 6
	towerItems = 10
)

// Backbone checks that a backbone keeps the promises of contract.Backbone.
// fresh gives a plugin that is not configured, in a process of its own where there are
// processes.
func Backbone(t T, fresh func(TB) contract.Backbone, check contract.Check) {
	check.Rate, check.Tolerance = cmp.Or(check.Rate, 0.05), cmp.Or(check.Tolerance, 1e-4)
	if check.Model != "" {
		makeModel(t, fresh(t), check)
	}
	pluginSuite(t, contract.KindBackbone, check.Params, fresh)
	t.Run("calls before Load are out of order", func(t T) { checkBeforeLoad(t, check.Params, fresh(t)) })
	b := fresh(t)
	configure(t, b, check.Params)
	model, err := b.Load(t.Context(), contract.Resources{Threads: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &backboneSuite{o: check, b: b, info: info(t, b), model: model, fresh: fresh}
	tests := s.tests()
	if s.info.Can(contract.CapabilityReadsOnly) {
		tests = s.readingTests()
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, tests[name])
	}
}

type backboneSuite struct {
	o     contract.Check
	b     contract.Backbone
	info  contract.Info
	model contract.ModelInfo
	fresh func(TB) contract.Backbone // a new process, where the suite runs across one
}

func (s *backboneSuite) tests() map[string]func(T) {
	return map[string]func(T){
		"Load describes the model":                                     s.describes,
		"Encode keeps order and range":                                 s.encodes,
		"no token of the backbone's own stands around a text":          s.noTokensAround,
		"a sequence may have MaxLength tokens and no more":             s.longest,
		"a main text in ranking is for encoder-decoders":               s.mainTexts,
		"each mode of training trains, saves, loads, or is refused":    s.modes,
		"what is wrong about trainable parts is named":                 s.wrongTrainables,
		"a clipped gradient moves little":                              s.clips,
		"weight decay shrinks a tower by rate times decay":             s.decays,
		"a schedule scales the rate":                                   s.schedules,
		"a pass in several calls ends where one call does":             s.calls,
		"an unknown tower is not found and named":                      s.unknownTower,
		"a wrong spec is invalid":                                      s.wrongSpecs,
		"training counts what it saw and its loss falls":               s.lossFalls,
		"training does not depend on the chunks of the stream":         s.chunks,
		"training one tower leaves the others alone":                   s.otherTowers,
		"a strong prior pulls a tower to the other":                    s.priorPulls,
		"a prior can leave out what the other tower never met":         s.mentionedOnly,
		"Score measures and does not train":                            s.scores,
		"rankings are valid and independent of the prompts beside":     s.ranks,
		"a saved tower ranks and trains on as it was":                  s.saves,
		"a saved tower ranks the same bytes in another process":        s.otherProcess,
		"a second Configure forgets what was loaded":                   s.configuredAgain,
		"texts have vectors that do not depend on those beside them":   s.embeds,
		"a tower gives its soft tokens":                                s.towerVectors,
		"item tokens may be a map of features":                         s.itemMap,
		"the item head may have biases":                                s.itemBias,
		"one softmax over all tokens holds those over words and items": s.extendedHead,
		"excluded items have no part in the softmax":                   s.excluded,
		"offsets are added to logits":                                  s.offsets,
		"a generated sequence is the likeliest one, and ranks":         s.generates,
		"users and items that a tower never met can be served":         s.newcomers,
		"several prompts rank by the mean of their logits":             s.meanPrompts,
		"a file that is missing or damaged is named":                   s.badFiles,
		"a rate out of all proportion ends in ErrNonFinite or not":     s.nonFinite,
		"an error of the stream comes back and the tower lives on":     s.streamError,
		"a cancelled TrainTower returns soon and the tower lives on":   s.cancelled,
	}
}

func checkBeforeLoad(t T, params json.RawMessage, b contract.Backbone) {
	configure(t, b, params)
	_, err := b.Encode(t.Context(), []string{"a text"})
	mustBe(t, err, contract.ErrOrder, "")
	mustBe(t, b.OpenTower(t.Context(), contract.TowerSpec{Name: "x", Users: 1, Items: 1, InitStd: 0.02}), contract.ErrOrder, "")
	if e, ok := b.(contract.Embedder); ok && info(t, b).Can(contract.CapabilityEmbed) {
		_, err := e.Embed(t.Context(), contract.EmbedSpec{Pooling: contract.PoolMean}, []string{"a text"})
		mustBe(t, err, contract.ErrOrder, "")
	}
}

func (s *backboneSuite) user(i int) int32 { return int32(s.model.VocabSize + i) }
func (s *backboneSuite) item(i int) int32 { return int32(s.model.VocabSize + towerUsers + i) }

// open makes a tower that is gone when the test ends.
func (s *backboneSuite) open(t TB, name string) {
	t.Helper()
	s.openAs(t, name, contract.Trainable{})
}

func (s *backboneSuite) openAs(t TB, name string, train contract.Trainable) {
	t.Helper()
	if err := s.b.OpenTower(t.Context(), TowerSpec(name, train)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.b.CloseTower(context.Background(), name) }) // the test may have closed it
}

// TowerSpec is a tower of the suite.
func TowerSpec(name string, train contract.Trainable) contract.TowerSpec {
	return contract.TowerSpec{Name: name, Users: towerUsers, Items: towerItems, InitStd: 0.02, Seed: 7, Train: train}
}

func (s *backboneSuite) documents(t TB, o contract.Objective) []contract.Example {
	t.Helper()
	return Documents(t, s.b, s.model, o)
}

// Documents are training examples for a tower of TowerSpec: one for each user and item of
// its taste.
func Documents(t TB, b contract.Backbone, model contract.ModelInfo, o contract.Objective) []contract.Example {
	t.Helper()
	user := func(u int) int32 { return int32(model.VocabSize + u) }
	item := func(i int) int32 { return int32(model.VocabSize + towerUsers + i) }
	words, err := b.Encode(t.Context(), []string{"the user likes", "a good thing of its kind"})
	if err != nil {
		t.Fatal(err)
	}
	var docs []contract.Example
	for u := range towerUsers {
		first, second := (2*u)%towerItems, (2*u+1)%towerItems
		d := contract.Example{Prompt: append([]int32{user(u)}, words[0]...)}
		switch o {
		case contract.NextItem:
			d.Main = []int32{item(first), item(second), item(first)}
		case contract.NextWord:
			d.Main = words[1]
		case contract.Multinomial:
			d.Targets = []int32{int32(first), int32(second)}
		}
		docs = append(docs, d)
	}
	return docs
}

// chunked streams documents in chunks of size.
func chunked(docs []contract.Example, size int) contract.Examples {
	return func(yield func([]contract.Example, error) bool) {
		for chunk := range slices.Chunk(docs, size) {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

func (s *backboneSuite) spec(tower string, o contract.Objective) contract.TrainSpec {
	return contract.TrainSpec{
		Tower: tower, Objective: o, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 4, LearningRate: s.o.Rate, Seed: 3,
	}
}

func (s *backboneSuite) train(t TB, spec contract.TrainSpec, docs []contract.Example) contract.TrainResult {
	t.Helper()
	r, err := s.b.TrainTower(t.Context(), spec, chunked(docs, 5), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *backboneSuite) rank(t TB, tower string, k int32) []contract.Ranking {
	t.Helper()
	prompts, queries := s.prompts(t, k)
	rankings, err := s.b.Rank(t.Context(), tower, contract.RankSpec{Ties: contract.Ties{Seed: 1}}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	checkRankings(t, rankings, queries, towerItems)
	return rankings
}

// prompts have different lengths, so that a batch of them needs padding.
func (s *backboneSuite) prompts(t TB, k int32) (prompts []contract.RankPrompt, queries []contract.Query) {
	t.Helper()
	for i, d := range s.documents(t, contract.Multinomial) {
		prompt := d.Prompt
		for j := range i {
			prompt = append(slices.Clone(prompt), s.item(j))
		}
		prompts = append(prompts, contract.RankPrompt{Prompt: prompt, K: k})
		queries = append(queries, contract.Query{User: int32(i), K: k})
	}
	return prompts, queries
}

func (s *backboneSuite) close(a, b float64) bool {
	return math.Abs(a-b) <= s.o.Tolerance*max(1, math.Abs(a))
}

func (s *backboneSuite) describes(t T) {
	m := s.model
	if m.Architecture == "" || m.VocabSize < 1 || m.Hidden < 1 || m.Layers < 1 || m.MaxLength < 1 || m.Parameters < 1 {
		t.Errorf("the model has no shape: %+v", m)
	}
	if m.Device == "" || m.DType == "" || m.Library == "" || len(m.Fingerprint) < 64 {
		t.Errorf("the model has no origin: %+v", m)
	}
}

// configuredAgain: other parameters may name another model, so the one that was
// loaded under the first is gone, with its towers.
func (s *backboneSuite) configuredAgain(t T) {
	b := s.another(t)
	configure(t, b, s.o.Params)
	_, err := b.Encode(t.Context(), []string{"a text"})
	mustBe(t, err, contract.ErrOrder, "")
}

// another is a second plugin, with the model loaded.
func (s *backboneSuite) another(t TB) contract.Backbone {
	t.Helper()
	b := s.fresh(t)
	configure(t, b, s.o.Params)
	if _, err := b.Load(t.Context(), contract.Resources{Threads: 1}, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *backboneSuite) unknownTower(t T) {
	s.open(t, "known")
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "tower")
	docs := s.documents(t, contract.NextItem)
	_, trainErr := s.b.TrainTower(ctx, s.spec("nobody", contract.NextItem), chunked(docs, 2), nil)
	_, scoreErr := s.b.Score(ctx, contract.ScoreSpec{Tower: "nobody", Objective: contract.NextItem, Batch: 1}, chunked(docs, 2), nil)
	_, rankErr := s.b.Rank(ctx, "nobody", contract.RankSpec{}, []contract.RankPrompt{{Prompt: []int32{0}, K: 1}})
	prior := s.spec("known", contract.NextItem)
	prior.Priors = []contract.Prior{{Toward: "nobody", Coefficient: 1, Reduction: contract.ExampleMean}}
	_, priorErr := s.b.TrainTower(ctx, prior, chunked(docs, 2), nil)
	for _, err := range []error{trainErr, scoreErr, rankErr, priorErr, s.b.SaveTower(ctx, "nobody", path), s.b.CloseTower(ctx, "nobody")} {
		mustBe(t, err, contract.ErrNotFound, "nobody")
	}
}

package conformance

import (
	"context"
	"errors"
	"iter"
	"math"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
)

// readingTests are the checks of a backbone with CapabilityReadsOnly.
func (s *backboneSuite) readingTests() map[string]func(T) {
	return map[string]func(T){
		"Load describes the model":                                   s.describes,
		"Encode keeps order and range":                               s.encodes,
		"no token of the backbone's own stands around a text":        s.noTokensAround,
		"a second Configure forgets what was loaded":                 s.configuredAgain,
		"texts have vectors that do not depend on those beside them": s.embeds,
		"the score of texts is the sum of each alone":                s.readsAlone,
		"each word is predicted from those before it":                s.readsForward,
		"a text may have MaxLength tokens and no more":               s.readsLongest,
		"what cannot be scored is invalid and named":                 s.readsWrong,
		"an unknown tower is not found and named":                    s.readsUnknown,
		"what trains, ranks or keeps a tower is unsupported":         s.readsNothingElse,
		"an error of the stream comes back and texts are read on":    s.readsOn,
		"a cancelled Score returns soon and texts are read on":       s.readingCancelled,
	}
}

// texts are examples of words, of different lengths, that predict all but the first.
func (s *backboneSuite) texts(t TB) []contract.Example {
	t.Helper()
	ids, err := s.b.Encode(t.Context(), []string{"a good thing of its kind", "this is what a reader likes, and more of it", "odd things"})
	if err != nil {
		t.Fatal(err)
	}
	var all []contract.Example
	for _, words := range ids {
		if len(words) < 2 {
			t.Fatalf("a text of several words has the tokens %v", words)
		}
		all = append(all, contract.Example{Prompt: words[:1], Main: words[1:]})
	}
	return all
}

func (s *backboneSuite) read(t TB, spec contract.ScoreSpec, texts ...contract.Example) (contract.LMScore, error) {
	t.Helper()
	spec.Tower, spec.Objective = "a", contract.NextWord
	spec.Batch = max(spec.Batch, 1)
	return s.b.Score(t.Context(), spec, chunked(texts, 2), nil)
}

// scoreOf is a score that must be one.
func (s *backboneSuite) scoreOf(t TB, spec contract.ScoreSpec, texts ...contract.Example) contract.LMScore {
	t.Helper()
	score, err := s.read(t, spec, texts...)
	if err != nil {
		t.Fatal(err)
	}
	if math.IsNaN(score.NLL) || math.IsInf(score.NLL, 0) || score.NLL < 0 {
		t.Errorf("the score is %+v", score)
	}
	return score
}

func (s *backboneSuite) readsAlone(t T) {
	s.open(t, "a")
	texts := s.texts(t)
	var alone contract.LMScore
	for _, text := range texts {
		one := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, text)
		if one.Tokens != int64(len(text.Main)) {
			t.Errorf("a text with %d words to predict has the score %+v", len(text.Main), one)
		}
		alone.NLL, alone.Tokens = alone.NLL+one.NLL, alone.Tokens+one.Tokens
	}
	for _, batch := range []int{1, 2, 8} {
		if got := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true, Batch: batch}, texts...); got.Tokens != alone.Tokens || !s.close(got.NLL, alone.NLL) {
			t.Errorf("in batches of %d the texts have the score %+v, one by one %+v", batch, got, alone)
		}
	}
}

// readsForward: without PredictFirst the first word of the main text is only read, and what
// a word costs does not depend on those behind it.
func (s *backboneSuite) readsForward(t T) {
	s.open(t, "a")
	text := s.texts(t)[1]
	whole := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, text)
	n := len(text.Main)
	head := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, contract.Example{Prompt: text.Prompt, Main: text.Main[:1]})
	tail := s.scoreOf(t, contract.ScoreSpec{}, text)
	if tail.Tokens != int64(n-1) || !s.close(whole.NLL, head.NLL+tail.NLL) {
		t.Errorf("the first word alone has %+v, the others %+v, all %+v", head, tail, whole)
	}
	moved := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, contract.Example{Prompt: slices.Concat(text.Prompt, text.Main[:n-1]), Main: text.Main[n-1:]})
	before := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, contract.Example{Prompt: text.Prompt, Main: text.Main[:n-1]})
	if moved.Tokens != 1 || !s.close(whole.NLL, before.NLL+moved.NLL) {
		t.Errorf("the last word has %+v, those before it %+v, all %+v", moved, before, whole)
	}
}

func (s *backboneSuite) readsLongest(t T) {
	s.open(t, "a")
	words := slices.Repeat(s.texts(t)[0].Main[:1], s.model.MaxLength+1)
	longest := s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, contract.Example{Prompt: words[:1], Main: words[1:s.model.MaxLength]})
	if longest.Tokens != int64(s.model.MaxLength-1) {
		t.Errorf("a text of %d tokens has the score %+v", s.model.MaxLength, longest)
	}
	_, err := s.read(t, contract.ScoreSpec{PredictFirst: true}, contract.Example{Prompt: words[:1], Main: words[1:]})
	mustBe(t, err, contract.ErrInvalid, "")
}

func (s *backboneSuite) readsWrong(t T) {
	s.open(t, "a")
	good := s.texts(t)[0]
	for name, wrong := range map[string]contract.Example{
		"no prompt":        {Main: good.Main},
		"a user":           {Prompt: []int32{s.user(0)}, Main: good.Main},
		"a negative word":  {Prompt: good.Prompt, Main: []int32{-1}},
		"an item as main":  {Prompt: good.Prompt, Main: []int32{s.item(0)}},
		"nothing at all":   {},
		"an item to score": {Prompt: good.Prompt, Main: good.Main, Targets: []int32{0}},
	} {
		if _, err := s.read(t, contract.ScoreSpec{PredictFirst: true}, good, wrong); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want an ErrInvalid or ErrUnsupported", name, err)
		}
	}
	for _, spec := range []contract.ScoreSpec{{Objective: contract.NextItem}, {Objective: contract.NextWord, Extended: true}} {
		spec.Tower, spec.Batch = "a", 1
		_, err := s.b.Score(t.Context(), spec, chunked([]contract.Example{good}, 1), nil)
		mustBe(t, err, contract.ErrUnsupported, "")
	}
	mustBe(t, s.b.OpenTower(t.Context(), TowerSpec("b", contract.Trainable{Mode: contract.TrainAll})), contract.ErrUnsupported, "all")
}

func (s *backboneSuite) readsUnknown(t T) {
	_, err := s.b.Score(t.Context(), contract.ScoreSpec{Tower: "nobody", Objective: contract.NextWord, Batch: 1}, chunked(s.texts(t), 2), nil)
	mustBe(t, err, contract.ErrNotFound, "nobody")
	mustBe(t, s.b.CloseTower(t.Context(), "nobody"), contract.ErrNotFound, "nobody")
}

func (s *backboneSuite) readsNothingElse(t T) {
	s.open(t, "a")
	ctx, path, texts := t.Context(), filepath.Join(t.TempDir(), "a.tower"), s.texts(t)
	_, trainErr := s.b.TrainTower(ctx, s.spec("a", contract.NextWord), chunked(texts, 2), nil)
	_, rankErr := s.b.Rank(ctx, "a", contract.RankSpec{}, []contract.RankPrompt{{Prompt: texts[0].Prompt, K: 1}})
	errs := map[string]error{"TrainTower": trainErr, "Rank": rankErr, "SaveTower": s.b.SaveTower(ctx, "a", path), "LoadTower": s.b.LoadTower(ctx, "a", path)}
	if r, ok := s.b.(contract.TowerReader); ok {
		errs["TowerVectors"] = r.TowerVectors(ctx, "a", contract.EntityItem, func(*contract.FeatureChunk) error { return nil })
	}
	if m, ok := s.b.(contract.ItemMapper); ok {
		errs["MapItems"] = m.MapItems(ctx, contract.ItemMapSpec{Tower: "a", Width: 1}, noFeatures)
	}
	if n, ok := s.b.(contract.Newcomers); ok {
		errs["OpenNewcomers"] = n.OpenNewcomers(ctx, contract.NewcomerSpec{Name: "b", Of: "a"})
	}
	if p, ok := s.b.(contract.Pretrainer); ok {
		_, errs["Pretrain"] = p.Pretrain(ctx, contract.PretrainSpec{Out: path, Shape: []byte("{}"), Steps: 1, Batch: 1, LearningRate: 1}, noTexts, nil)
	}
	for call, err := range errs {
		if !errors.Is(err, contract.ErrUnsupported) {
			t.Errorf("%s: error %v, want an ErrUnsupported", call, err)
		}
	}
	s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, texts...)
}

var (
	noFeatures iter.Seq2[*contract.FeatureChunk, error] = func(func(*contract.FeatureChunk, error) bool) {}
	noTexts    iter.Seq2[[]string, error]               = func(func([]string, error) bool) {}
)

func (s *backboneSuite) readsOn(t T) {
	s.open(t, "a")
	texts := s.texts(t)
	_, err := s.b.Score(t.Context(), contract.ScoreSpec{Tower: "a", Objective: contract.NextWord, Batch: 1}, func(yield func([]contract.Example, error) bool) {
		if yield(texts[:1], nil) {
			yield(nil, contract.Errorf(contract.ErrBadData, "text 2 is damaged"))
		}
	}, nil)
	mustBe(t, err, contract.ErrBadData, "text 2 is damaged")
	s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, texts...)
}

func (s *backboneSuite) readingCancelled(t T) {
	s.open(t, "a")
	texts := s.texts(t)
	s.cancelledAmid(t, texts, func(ctx context.Context, stream contract.Examples) error {
		_, err := s.b.Score(ctx, contract.ScoreSpec{Tower: "a", Objective: contract.NextWord, Batch: 1}, stream, nil)
		return err
	})
	s.scoreOf(t, contract.ScoreSpec{PredictFirst: true}, texts...)
}

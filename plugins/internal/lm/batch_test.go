package lm

import (
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// tenWords has words 0..9, users 10..12 and items 13..16.
func tenWords(o contract.Objective, first bool) layout {
	return layout{model: contract.ModelInfo{MaxLength: 8}, words: 10, users: 3, items: 4, objective: o, predictFirst: first}
}

func packed(t *testing.T, l layout, docs ...contract.Example) *batch {
	t.Helper()
	b, err := l.pack(docs, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

func TestPackingLaysExamplesEndToEnd(t *testing.T) {
	b := packed(t, tenWords(contract.NextItem, true),
		contract.Example{Prompt: []int32{11, 7}, Main: []int32{14, 13}},
		contract.Example{Prompt: []int32{11}, Main: []int32{14}})
	// The last main token predicts nothing and is not read, but counts for priors.
	equal(t, "starts", b.text.starts, []int64{0, 3, 4})
	equal(t, "words", b.text.words, []int64{0, 7, 0, 0})
	equal(t, "soft rows", b.text.softRows, []int64{0, 2, 3})
	equal(t, "distinct soft tokens", b.soft, []soft{{false, 1}, {true, 0}, {true, 1}})
	equal(t, "their places", b.text.softAt, []int64{0, 2, 0})
	equal(t, "predicting rows", b.predictRows, []int64{1, 2, 3})
	equal(t, "tokens", b.tokens, int64(6))
	equal(t, "targets", b.targets, []int64{1, 0, 1})
	equal(t, "counts", b.counts(false), []float32{2, 1, 2})
}

func TestABeginningStandsBeforeEverySequence(t *testing.T) {
	l := tenWords(contract.NextWord, true)
	l.begin = []int64{9}
	b := packed(t, l, contract.Example{Prompt: []int32{10, 7}, Main: []int32{5, 6}}, contract.Example{Prompt: []int32{11}, Main: []int32{4}})
	equal(t, "words", b.text.words, []int64{9, 0, 7, 5, 9, 0})
	equal(t, "predicting rows", b.predictRows, []int64{2, 3, 5})
}

func TestAnEncoderDecoderReadsPromptAndMainTextApart(t *testing.T) {
	l := tenWords(contract.NextItem, true)
	l.model.EncoderDecoder, l.start = true, 3
	docs := []contract.Example{{Prompt: []int32{11, 7}, Main: []int32{14, 13}}, {Prompt: []int32{12}, Main: []int32{15}}}
	b := packed(t, l, docs...)
	equal(t, "encoder", b.source.words, []int64{0, 7, 0})
	equal(t, "its starts", b.source.starts, []int64{0, 2, 3})
	equal(t, "decoder", b.text.words, []int64{3, 0, 3})
	equal(t, "its starts", b.text.starts, []int64{0, 2, 3})
	equal(t, "predicting rows", b.predictRows, []int64{0, 1, 2})
	equal(t, "targets", b.targets, []int64{1, 0, 2})
	equal(t, "counts", b.counts(false), []float32{1, 1, 1, 1, 1})
	l.ranking = true
	b = packed(t, l, docs...)
	equal(t, "decoder in ranking", b.text.words, []int64{3, 0, 0, 3, 0})
	equal(t, "rows to rank from", b.predictRows, []int64{2, 4})
}

func TestTheFirstMainTokenIsPredictedOnlyWhenAsked(t *testing.T) {
	b := packed(t, tenWords(contract.NextWord, false), contract.Example{Prompt: []int32{10}, Main: []int32{5, 6, 7}})
	equal(t, "predicting rows", b.predictRows, []int64{1, 2})
	equal(t, "targets", b.targets, []int64{6, 7})
}

func TestMultinomialTargetsShareTheLastPromptRow(t *testing.T) {
	l := tenWords(contract.Multinomial, false)
	l.withTargets = true
	b := packed(t, l, contract.Example{Prompt: []int32{10, 13}, Targets: []int32{3, 0}},
		contract.Example{Prompt: []int32{10}}, contract.Example{Prompt: []int32{11}, Targets: []int32{0}})
	equal(t, "predicting rows", b.predictRows, []int64{1, 3})
	equal(t, "starts of the targets", b.targetStarts, []int64{0, 2, 3})
	equal(t, "counts with targets", b.counts(true), []float32{2, 1, 3, 1})
	equal(t, "counts without", b.counts(false), []float32{2, 1, 1, 0})
}

func TestExamplesAreRefusedWithTheirNumber(t *testing.T) {
	for want, doc := range map[string]contract.Example{
		"17":         {Prompt: []int32{17}},
		"twice":      {Prompt: []int32{1}, Targets: []int32{2, 2}},
		"item index": {Prompt: []int32{1}, Targets: []int32{4}},
		"main text":  {Prompt: []int32{1}, Main: []int32{1}},
		"at most 8":  {Prompt: make([]int32, 9)},
		"is empty":   {},
	} {
		_, err := tenWords(contract.Multinomial, true).pack([]contract.Example{{Prompt: []int32{1}}, doc}, 40)
		if err == nil || !strings.Contains(err.Error(), "example 41") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected example 41 and %q", err, want)
		}
	}
}

func TestBatchesCrossTheChunksOfTheStream(t *testing.T) {
	chunks := func(yield func([]contract.Example, error) bool) {
		for _, n := range []int{1, 4, 0, 2} {
			if !yield(make([]contract.Example, n), nil) {
				return
			}
		}
	}
	var sizes, firsts []int
	for c, err := range batches(t.Context(), chunks, 3) {
		equal(t, "error", err, nil)
		sizes, firsts = append(sizes, len(c.docs)), append(firsts, int(c.first))
	}
	equal(t, "sizes", sizes, []int{3, 3, 1})
	equal(t, "numbers of the first examples", firsts, []int{0, 3, 6})
}

func TestPartsOfABatchHoldABoundedNumberOfTokens(t *testing.T) {
	docs := []contract.Example{{Prompt: make([]int32, 9)}, {Prompt: make([]int32, 7)}, {Main: make([]int32, 1)}, {Prompt: make([]int32, 1)}}
	equal(t, "an example beyond the bound", fitting(docs, 8), 1)
	equal(t, "up to the bound", fitting(docs[1:], 8), 2)
	equal(t, "no bound", fitting(docs, 0), 4)
}

func TestReadingAheadKeepsOrderAndEndsEarly(t *testing.T) {
	numbers := func(yield func(int, error) bool) {
		for i := range 1000 {
			if !yield(i, nil) {
				return
			}
		}
	}
	var got []int
	for i := range ahead(numbers) {
		if got = append(got, i); i == 5 {
			break
		}
	}
	equal(t, "numbers", got, []int{0, 1, 2, 3, 4, 5})
}

func TestTheRateWarmsUpAndFallsToATenth(t *testing.T) {
	for step, want := range map[int]float64{0: 0.2, 4: 1, 5: 1} {
		if got := rateAt(1, step, 100); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("rate at step %d is %v, expected %v", step, got, want)
		}
	}
	if got := rateAt(1, 99, 100); got < 0.1 || got > 0.102 {
		t.Errorf("last rate is %v, expected about 0.1", got)
	}
}

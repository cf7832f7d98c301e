package lm

import (
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// tenWords has words 0..9, users 10..12 and items 13..16.
func tenWords(o contract.Objective, first bool) layout {
	return layout{words: 10, users: 3, items: 4, maxLength: 8, objective: o, predictFirst: first}
}

func packed(t *testing.T, l layout, docs ...contract.Document) *batch {
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

func TestPackingLaysDocumentsEndToEnd(t *testing.T) {
	b := packed(t, tenWords(contract.NextItem, true),
		contract.Document{Prompt: []int32{11, 7}, Main: []int32{14, 13}},
		contract.Document{Prompt: []int32{11}, Main: []int32{14}})
	equal(t, "starts", b.starts, []int64{0, 4, 6})
	equal(t, "words", b.words, []int64{0, 7, 0, 0, 0, 0})
	equal(t, "soft rows", b.softRows, []int64{0, 2, 3, 4, 5})
	equal(t, "distinct soft tokens", b.soft, []soft{{false, 1}, {true, 0}, {true, 1}})
	equal(t, "their places", b.softAt, []int64{0, 2, 1, 0, 2})
	equal(t, "predicting rows", b.predictRows, []int64{1, 2, 4})
	equal(t, "targets", b.targets, []int64{1, 0, 1})
	equal(t, "counts", b.counts(false), []float32{2, 1, 2})
}

func TestTheFirstMainTokenIsPredictedOnlyWhenAsked(t *testing.T) {
	b := packed(t, tenWords(contract.NextWord, false), contract.Document{Prompt: []int32{10}, Main: []int32{5, 6, 7}})
	equal(t, "predicting rows", b.predictRows, []int64{1, 2})
	equal(t, "targets", b.targets, []int64{6, 7})
}

func TestMultinomialTargetsShareTheLastPromptRow(t *testing.T) {
	l := tenWords(contract.Multinomial, false)
	l.withTargets = true
	b := packed(t, l, contract.Document{Prompt: []int32{10, 13}, Targets: []int32{3, 0}},
		contract.Document{Prompt: []int32{10}}, contract.Document{Prompt: []int32{11}, Targets: []int32{0}})
	equal(t, "predicting rows", b.predictRows, []int64{1, 3})
	equal(t, "starts of the targets", b.targetStarts, []int64{0, 2, 3})
	equal(t, "counts with targets", b.counts(true), []float32{2, 1, 3, 1})
	equal(t, "counts without", b.counts(false), []float32{2, 1, 1, 0})
}

func TestDocumentsAreRefusedWithTheirNumber(t *testing.T) {
	for want, doc := range map[string]contract.Document{
		"17":         {Prompt: []int32{17}},
		"twice":      {Prompt: []int32{1}, Targets: []int32{2, 2}},
		"item index": {Prompt: []int32{1}, Targets: []int32{4}},
		"main text":  {Prompt: []int32{1}, Main: []int32{1}},
		"at most 8":  {Prompt: make([]int32, 9)},
		"is empty":   {},
	} {
		_, err := tenWords(contract.Multinomial, true).pack([]contract.Document{{Prompt: []int32{1}}, doc}, 40)
		if err == nil || !strings.Contains(err.Error(), "document 41") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected document 41 and %q", err, want)
		}
	}
}

func TestBatchesCrossTheChunksOfTheStream(t *testing.T) {
	chunks := func(yield func([]contract.Document, error) bool) {
		for _, n := range []int{1, 4, 0, 2} {
			if !yield(make([]contract.Document, n), nil) {
				return
			}
		}
	}
	var sizes, firsts []int
	err := batches(t.Context(), chunks, 3, func(docs []contract.Document, first int64) error {
		sizes, firsts = append(sizes, len(docs)), append(firsts, int(first))
		return nil
	})
	equal(t, "error", err, nil)
	equal(t, "sizes", sizes, []int{3, 3, 1})
	equal(t, "numbers of the first documents", firsts, []int{0, 3, 6})
}

func TestRankingPassesHoldABoundedNumberOfTokens(t *testing.T) {
	prompts := []contract.RankPrompt{{Prompt: make([]int32, rankTokens+1)}, {Prompt: make([]int32, rankTokens-1)}, {Prompt: make([]int32, 1)}, {Prompt: make([]int32, 1)}}
	equal(t, "a prompt beyond the bound", len(fitting(prompts)), 1)
	equal(t, "up to the bound", len(fitting(prompts[1:])), 2)
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

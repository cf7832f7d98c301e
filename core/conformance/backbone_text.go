package conformance

import (
	"slices"

	"cllm4rec/core/contract"
)

func (s *backboneSuite) encodes(t T) {
	texts := []string{"the first text", "", "another one, longer than the first", "the first text"}
	ids, err := s.b.Encode(t.Context(), texts)
	if err != nil || len(ids) != len(texts) {
		t.Fatalf("%d texts have %d encodings, error %v", len(texts), len(ids), err)
	}
	if len(ids[0]) == 0 || len(ids[1]) != 0 || len(ids[2]) <= len(ids[0]) || !slices.Equal(ids[0], ids[3]) {
		t.Errorf("encodings %v", ids)
	}
	for _, id := range slices.Concat(ids...) {
		if id < 0 || int(id) >= s.model.VocabSize {
			t.Errorf("word %d is outside 0..%d", id, s.model.VocabSize-1)
		}
	}
}

// noTokensAround: an encoder that sets a begin or an end token sets it around
// every text, the blank ones included.
func (s *backboneSuite) noTokensAround(t T) {
	ids, err := s.b.Encode(t.Context(), []string{"", "one thing", "another kind", "42", "good", "(odd)"})
	if err != nil {
		t.Fatal(err)
	}
	if len(ids[0]) != 0 {
		t.Errorf("nothing is encoded as %v", ids[0])
	}
	same := true
	for _, text := range ids[1:] {
		same = same && len(text) > 0 && text[len(text)-1] == ids[1][len(ids[1])-1]
	}
	if same {
		t.Errorf("every text ends in the same token: %v", ids[1:])
	}
}

// longest: a begin-of-text token that the backbone sets itself takes nothing
// from MaxLength.
func (s *backboneSuite) longest(t T) {
	s.open(t, "a")
	prompt := slices.Repeat([]int32{s.user(0)}, s.model.MaxLength+1)
	if err := s.rankOne(t, contract.RankPrompt{Prompt: prompt[1:], K: 1}); err != nil {
		t.Errorf("a prompt of %d tokens: %v", s.model.MaxLength, err)
	}
	mustBe(t, s.rankOne(t, contract.RankPrompt{Prompt: prompt, K: 1}), contract.ErrInvalid, "")
	if !s.model.EncoderDecoder {
		return
	}
	main := slices.Repeat([]int32{s.item(0)}, s.model.MaxLength)
	if err := s.rankOne(t, contract.RankPrompt{Prompt: prompt[1:], Main: main[1:], K: 1}); err != nil {
		t.Errorf("a prompt of %d tokens and a main text of %d: %v", s.model.MaxLength, s.model.MaxLength-1, err)
	}
	mustBe(t, s.rankOne(t, contract.RankPrompt{Prompt: prompt[:1], Main: main, K: 1}), contract.ErrInvalid, "")
}

func (s *backboneSuite) rankOne(t T, p contract.RankPrompt) error {
	t.Helper()
	_, err := s.b.Rank(t.Context(), "a", contract.RankSpec{}, []contract.RankPrompt{p})
	return err
}

// mainTexts: an encoder-decoder reads the main text of a ranking and scores the
// items as training with next_item makes them likely; any other refuses it.
func (s *backboneSuite) mainTexts(t T) {
	s.open(t, "a")
	prompt := contract.RankPrompt{Prompt: []int32{s.user(0)}, Main: []int32{s.item(0)}, K: towerItems}
	if !s.model.EncoderDecoder {
		mustBe(t, s.rankOne(t, prompt), contract.ErrInvalid, "")
		return
	}
	docs := []contract.Example{
		{Prompt: prompt.Prompt, Main: []int32{s.item(0), s.item(3)}},
		{Prompt: prompt.Prompt, Main: []int32{s.item(1), s.item(4)}},
	}
	for range 60 {
		s.train(t, s.spec("a", contract.NextItem), docs)
	}
	for _, d := range docs {
		want := d.Main[1] - s.item(0)
		prompts := []contract.RankPrompt{{Prompt: d.Prompt, Main: d.Main[:1], K: towerItems}}
		rankings, err := s.b.Rank(t.Context(), "a", contract.RankSpec{}, prompts)
		if err != nil {
			t.Fatal(err)
		}
		if got := rankings[0].Items; got[0] != want {
			t.Errorf("after %v comes %v, want item %d first", d.Main[:1], got, want)
		}
	}
}

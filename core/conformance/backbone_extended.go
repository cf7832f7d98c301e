package conformance

import (
	"math"

	"cllm4rec/core/contract"
)

// extendedHead: one softmax over words, users and items agrees with that over words alone and
// that over items alone but for their shares of it, and all shares add up to 1; and it trains.
func (s *backboneSuite) extendedHead(t T) {
	if !s.info.Can(contract.CapabilityExtendedHead) {
		return
	}
	s.open(t, "a")
	s.shares(t)
	docs := s.mixed(t)
	spec := s.spec("a", contract.NextItem)
	spec.Extended, spec.LearningRate = true, spec.LearningRate/5
	first := s.train(t, spec, docs)
	last := first
	for range 15 {
		last = s.train(t, spec, docs)
	}
	if !(last.Loss < first.Loss) || first.Predicted != int64(len(docs)*len(docs[0].Main)) {
		t.Errorf("of words, users and items: the loss went from %v to %v, %d predictions", first.Loss, last.Loss, first.Predicted)
	}
	s.shares(t)
	spec.Objective = contract.Multinomial
	if _, err := s.b.TrainTower(t.Context(), spec, chunked(s.documents(t, contract.Multinomial), 2), nil); !contract.IsBadInput(err) {
		t.Errorf("the multinomial objective over all tokens: error %v, want an ErrInvalid", err)
	}
	s.biasedExtended(t, docs)
}

// biasedExtended: biases of items are in no softmax over all tokens.
func (s *backboneSuite) biasedExtended(t T, docs []contract.Example) {
	if !s.info.Can(contract.CapabilityItemBias) {
		return
	}
	biased := TowerSpec("b", contract.Trainable{})
	biased.ItemBias = true
	if err := s.b.OpenTower(t.Context(), biased); err != nil {
		t.Fatal(err)
	}
	spec := s.spec("b", contract.NextItem)
	spec.Extended = true
	_, trainErr := s.b.TrainTower(t.Context(), spec, chunked(docs, 2), nil)
	_, scoreErr := s.b.Score(t.Context(), contract.ScoreSpec{Tower: "b", Objective: contract.NextItem, Extended: true, Batch: 1}, chunked(docs, 2), nil)
	for call, err := range map[string]error{"TrainTower": trainErr, "Score": scoreErr} {
		if !contract.IsBadInput(err) {
			t.Errorf("%s over all tokens with biases of items: error %v, want an ErrInvalid", call, err)
		}
	}
}

// mixed are examples whose main texts have a user and an item in the place of two words.
func (s *backboneSuite) mixed(t TB) []contract.Example {
	t.Helper()
	docs := s.documents(t, contract.NextWord)
	for u := range docs {
		words := docs[u].Main[min(2, len(docs[u].Main)):]
		docs[u].Main = append([]int32{s.user((u + 1) % towerUsers), s.item(u % towerItems)}, words...)
	}
	return docs
}

// shares holds the softmax over all tokens of tower a against those over words and over items.
func (s *backboneSuite) shares(t T) {
	t.Helper()
	prompt := s.documents(t, contract.NextItem)[0].Prompt
	nll := func(token int32, o contract.Objective, extended bool) float64 {
		doc := contract.Example{Prompt: prompt, Main: []int32{token}}
		r, err := s.b.Score(t.Context(), contract.ScoreSpec{Tower: "a", Objective: o, Extended: extended, PredictFirst: true, Batch: 1}, chunked([]contract.Example{doc}, 1), nil)
		if err != nil || r.Tokens != 1 {
			t.Fatalf("scoring token %d: %+v, error %v", token, r, err)
		}
		return r.NLL
	}
	share := func(o contract.Objective, tokens ...int32) float64 {
		var p float64
		for i, token := range tokens {
			q := math.Exp(nll(token, o, false) - nll(token, o, true))
			if i == 0 {
				p = q
			}
			if !s.close(p, q) {
				t.Errorf("by token %d the share of %s is %v, by token %d %v", tokens[0], o, p, token, q)
			}
		}
		return p
	}
	sum := share(contract.NextWord, prompt[1], 0, int32(s.model.VocabSize)-1) + share(contract.NextItem, s.item(0), s.item(1), s.item(towerItems-1))
	for u := range towerUsers {
		sum += math.Exp(-nll(s.user(u), contract.NextItem, true))
	}
	if !s.close(sum, 1) {
		t.Errorf("the shares of words, items and users add up to %v, 1 is wanted", sum)
	}
}

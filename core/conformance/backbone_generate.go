package conformance

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// generates: a beam search that follows all sequences finds the likeliest pair of items,
// by the scores that rankings of one pass have.
func (s *backboneSuite) generates(t T) {
	if !s.info.Can(contract.CapabilityGeneration) {
		return
	}
	s.open(t, "a")
	for range 3 {
		s.train(t, s.spec("a", contract.NextItem), s.documents(t, contract.NextItem))
	}
	prompts, _ := s.prompts(t, towerItems)
	for i, p := range prompts[:3] {
		first, most, best := s.likelihoods(t, p), math.Inf(-1), []int32(nil)
		for a := range int32(towerItems) {
			for b, second := range s.likelihoods(t, s.followed(p, a)) {
				if sum := first[a] + second; sum > most {
					most, best = sum, []int32{a, int32(b)}
				}
			}
		}
		p.Generate = contract.Generation{Items: 2, Beams: towerItems * towerItems}
		want, err := contract.TopK(p.Generate.Scores(towerItems, best), towerItems, contract.Ties{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.b.Rank(t.Context(), "a", contract.RankSpec{Ties: contract.Ties{Seed: 1}}, []contract.RankPrompt{p, prompts[0]})
		if err != nil || len(got) != 2 || !slices.Equal(got[0].Items, want.Items) || !slices.Equal(got[0].Scores, want.Scores) {
			t.Errorf("prompt %d: %v, error %v, want %v", i, got, err, want)
		}
	}
	for what, change := range map[string]func(*contract.RankPrompt){
		"no beams": func(p *contract.RankPrompt) { p.Generate = contract.Generation{Items: 2} },
		"too many": func(p *contract.RankPrompt) {
			p.Generate = contract.Generation{Items: int32(s.model.MaxLength) + 2, Beams: 1}
		},
		"several prompts": func(p *contract.RankPrompt) {
			p.Generate, p.Others = contract.Generation{Items: 1, Beams: 1}, []contract.PromptText{{Prompt: p.Prompt}}
		},
	} {
		p := prompts[0]
		change(&p)
		if _, err := s.b.Rank(t.Context(), "a", contract.RankSpec{}, []contract.RankPrompt{p}); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want one about the input", what, err)
		}
	}
}

// followed is a prompt with an item behind it.
func (s *backboneSuite) followed(p contract.RankPrompt, item int32) contract.RankPrompt {
	token := s.item(int(item))
	if s.model.EncoderDecoder {
		p.Main = append(slices.Clone(p.Main), token)
	} else {
		p.Prompt = append(slices.Clone(p.Prompt), token)
	}
	return p
}

// likelihoods are ln p of each item behind a prompt, from a ranking by one pass.
func (s *backboneSuite) likelihoods(t T, p contract.RankPrompt) []float64 {
	t.Helper()
	rankings, err := s.b.Rank(t.Context(), "a", contract.RankSpec{}, []contract.RankPrompt{p})
	if err != nil {
		t.Fatal(err)
	}
	scores, total := byItem(rankings[0]), 0.0
	for _, z := range scores {
		total += math.Exp(z)
	}
	for i := range scores {
		scores[i] -= math.Log(total)
	}
	return scores
}

package lm

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// rankTokens bounds the tokens of one forward pass of Rank.
const rankTokens = 8192

// Rank ranks all items for each prompt.
func (e *Engine) Rank(ctx context.Context, name string, spec contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	t, err := e.tower("Rank", name)
	if err != nil {
		return nil, err
	}
	docs := make([]contract.Example, len(prompts))
	for i, p := range prompts {
		docs[i] = contract.Example{Prompt: p.Prompt, Main: p.Main}
		if p.K < 0 {
			return nil, contract.Errorf(contract.ErrInvalid, "prompt %d asks for %d items", i, p.K)
		}
	}
	rankings := make([]contract.Ranking, 0, len(prompts))
	for len(rankings) < len(prompts) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		first := len(rankings)
		n := fitting(docs[first:], rankTokens)
		scores, err := e.itemScores(t, cut{docs[first : first+n], int64(first)})
		if err != nil {
			return nil, err
		}
		for i, p := range prompts[first : first+n] {
			r, err := contract.TopK(scores[i*t.items:(i+1)*t.items], int(p.K), spec.Ties)
			if err != nil {
				return nil, fmt.Errorf("ranking under tower %q, prompt %d: %w", name, first+i, err)
			}
			rankings = append(rankings, r)
		}
	}
	return rankings, nil
}

// itemScores are the item head's logits after each prompt, [B,J].
func (e *Engine) itemScores(t *tower, prompts cut) ([]float32, error) {
	l := e.layout(t, contract.Multinomial, false)
	l.ranking = true
	b, err := l.pack(prompts.docs, prompts.first)
	if err != nil {
		return nil, err
	}
	var scores []float32
	err = e.do(func(s *torch.Scope) error {
		s.NoGrad(func() { scores = s.Read(e.forwardPass(s, t, b).logits()) })
		return nil
	})
	return scores, err
}

package lm

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/torch"
)

// rankTokens bounds the tokens of one forward pass of Rank.
const rankTokens = 8192

// Rank ranks all items for each prompt.
func (e *Engine) Rank(ctx context.Context, name string, spec contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	t, err := e.tower("Rank", name)
	if err != nil {
		return nil, err
	}
	rankings := make([]contract.Ranking, 0, len(prompts))
	for len(rankings) < len(prompts) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		first := len(rankings)
		part := fitting(prompts[first:])
		scores, err := e.itemScores(t, part, int64(first))
		if err != nil {
			return nil, err
		}
		for i, p := range part {
			r, err := contract.TopK(scores[i*t.items:(i+1)*t.items], int(p.K), spec.Ties)
			if err != nil {
				return nil, fmt.Errorf("ranking under tower %q, prompt %d: %w", name, first+i, err)
			}
			rankings = append(rankings, r)
		}
	}
	return rankings, nil
}

// fitting is the longest start of prompts within rankTokens, at least one.
func fitting(prompts []contract.RankPrompt) []contract.RankPrompt {
	tokens := 0
	for i, p := range prompts {
		if tokens += len(p.Prompt); tokens > rankTokens && i > 0 {
			return prompts[:i]
		}
	}
	return prompts
}

// itemScores are the item head's logits at each prompt's last token, [B,J].
func (e *Engine) itemScores(t *tower, prompts []contract.RankPrompt, first int64) ([]float32, error) {
	docs := make([]contract.Document, len(prompts))
	for i, p := range prompts {
		docs[i].Prompt = p.Prompt
		if p.K < 0 || len(p.Prompt) == 0 {
			return nil, contract.Errorf(contract.ErrInvalid, "prompt %d asks for %d items after %d tokens", first+int64(i), p.K, len(p.Prompt))
		}
	}
	b, err := e.layout(t, contract.Multinomial, false).pack(docs, first)
	if err != nil {
		return nil, err
	}
	for _, end := range b.starts[1:] {
		b.predictRows = append(b.predictRows, end-1)
	}
	var scores []float32
	err = e.do(func(s *torch.Scope) error {
		s.NoGrad(func() {
			x, _ := e.embed(s, t, b)
			h := e.predictors(s, x, b, nil)                         // [B,K]
			scores = s.Read(s.MatMul(h, s.Transpose(t.item, 0, 1))) // [B,J]
		})
		return nil
	})
	return scores, err
}

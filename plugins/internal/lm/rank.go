package lm

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// rankTokens bounds the tokens of one forward pass of Rank.
const rankTokens = 8192

// Rank ranks all items for each prompt: by the mean of its logits where there are
// several texts.
func (e *Engine) Rank(ctx context.Context, name string, spec contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	t, err := e.tower("Rank", name)
	if err != nil {
		return nil, err
	}
	rankings := make([]contract.Ranking, len(prompts))
	docs, of := make([]contract.Example, 0, len(prompts)), make([]int, 0, len(prompts))
	for i, p := range prompts {
		if p.K < 0 {
			return nil, contract.Errorf(contract.ErrInvalid, "prompt %d asks for %d items", i, p.K)
		}
		if p.Generate != (contract.Generation{}) {
			if rankings[i], err = e.generated(ctx, t, p, spec); err != nil {
				return nil, fmt.Errorf("generating under tower %q, prompt %d: %w", name, i, err)
			}
			continue
		}
		for _, text := range p.Texts() {
			docs, of = append(docs, contract.Example{Prompt: text.Prompt, Main: text.Main}), append(of, i)
		}
	}
	sums := make([]float32, t.items) // of the prompt under way
	for first := 0; first < len(docs); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := fitting(docs[first:], rankTokens)
		scores, err := e.itemScores(t, cut{docs[first : first+n], int64(first)})
		if err != nil {
			return nil, err
		}
		for i := range n {
			at := of[first+i]
			addTo(sums, scores[i*t.items:(i+1)*t.items])
			if last := first+i+1 == len(docs) || of[first+i+1] != at; !last {
				continue
			}
			if rankings[at], err = ranked(sums, prompts[at], spec); err != nil {
				return nil, fmt.Errorf("ranking under tower %q, prompt %d: %w", name, at, err)
			}
			clear(sums)
		}
		first += n
	}
	return rankings, nil
}

// addTo adds y to x.
func addTo(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

// ranked is a prompt's answer from the sums of the logits of its texts.
func ranked(sums []float32, p contract.RankPrompt, spec contract.RankSpec) (contract.Ranking, error) {
	if n := float32(len(p.Others) + 1); n > 1 {
		for i := range sums {
			sums[i] /= n
		}
	}
	return contract.TopK(sums, int(p.K), spec.Ties)
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
		s.NoGrad(func() { scores = s.Read(e.forwardPass(s, t, b, contract.Multinomial).logits()) })
		return nil
	})
	return scores, err
}

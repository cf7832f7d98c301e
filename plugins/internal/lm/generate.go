package lm

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
)

// generated ranks by a beam search behind a prompt. Each item costs a pass over all
// sequences from their beginning: no keys and values are kept from one to the next.
func (e *Engine) generated(ctx context.Context, t *tower, p contract.RankPrompt, spec contract.RankSpec) (contract.Ranking, error) {
	if err := p.Check(e.info); err != nil {
		return contract.Ranking{}, err
	}
	sequence, err := p.Generate.Search(t.items, func(sequences [][]int32) ([][]float32, error) {
		docs := make([]contract.Example, len(sequences))
		for i, s := range sequences {
			docs[i] = e.behind(t, p, s)
		}
		return e.allScores(ctx, t, docs)
	})
	if err != nil {
		return contract.Ranking{}, err
	}
	return contract.TopK(p.Generate.Scores(t.items, sequence), int(p.K), spec.Ties)
}

// behind is a prompt with items behind it, which an encoder-decoder reads in its decoder.
func (e *Engine) behind(t *tower, p contract.RankPrompt, items []int32) contract.Example {
	d := contract.Example{Prompt: slices.Clone(p.Prompt), Main: slices.Clone(p.Main)}
	for _, item := range items {
		token := int32(e.shape.Words+t.users) + item
		if e.shape.Separate {
			d.Main = append(d.Main, token)
		} else {
			d.Prompt = append(d.Prompt, token)
		}
	}
	return d
}

// allScores are the item head's logits behind each of some texts.
func (e *Engine) allScores(ctx context.Context, t *tower, docs []contract.Example) ([][]float32, error) {
	rows := make([][]float32, 0, len(docs))
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
			rows = append(rows, scores[i*t.items:(i+1)*t.items])
		}
		first += n
	}
	return rows, nil
}

package contracttest

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// Embed pools the hidden states of the words of each text: the means of the word
// embeddings up to each word.
func (b *FakeBackbone) Embed(ctx context.Context, spec contract.EmbedSpec, texts []string) ([][]float32, error) {
	if b.words == nil {
		return nil, sdk.ErrOrder("Embed", "Load")
	}
	if err := spec.Check(); err != nil {
		return nil, err
	}
	ids, err := b.Encode(ctx, texts)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, tokens := range ids {
		if vectors[i], err = b.pooled(tokens[:min(len(tokens), b.model.MaxLength)], spec.Pooling); err != nil {
			return nil, err
		}
	}
	return vectors, ctx.Err()
}

func (b *FakeBackbone) pooled(tokens []int32, p contract.Pooling) ([]float32, error) {
	k := b.model.Hidden
	v := make([]float32, k)
	states, err := b.means(&fakeTower{hidden: k, words: b.model.VocabSize}, tokens)
	if err != nil || len(tokens) == 0 {
		return v, err
	}
	n := len(tokens)
	for j := range v {
		sum, last := 0.0, states[(n-1)*k+j]
		for i := range n {
			sum += states[i*k+j]
		}
		if v[j] = float32(last); p == contract.PoolMean {
			v[j] = float32(sum / float64(n))
		}
	}
	return v, nil
}

// TowerVectors streams the soft tokens of a tower.
func (b *FakeBackbone) TowerVectors(ctx context.Context, tower string, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	t, err := b.tower(tower)
	if err != nil {
		return err
	}
	switch entity {
	case contract.EntityUser:
		return yieldRows(ctx, tower, entity, t.hidden, t.z[:t.users*t.hidden], yield)
	case contract.EntityItem:
		return yieldRows(ctx, tower, entity, t.hidden, t.itemHead(), yield)
	}
	return contract.Errorf(contract.ErrUnsupported, "a tower has no vectors of %q, expected one of %v", entity, contract.Entities())
}

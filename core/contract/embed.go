package contract

import (
	"context"
	"slices"
)

// Pooling says how the hidden states of a text become one vector.
type Pooling string

// The poolings, over the last layer's hidden states of the text's own tokens.
const (
	// PoolMean is the mean over the tokens.
	PoolMean Pooling = "mean"
	// PoolLast is the state of the last token.
	PoolLast Pooling = "last"
)

// Poolings lists every pooling.
func Poolings() []Pooling { return []Pooling{PoolMean, PoolLast} }

// EmbedSpec says how texts are embedded.
type EmbedSpec struct {
	Pooling Pooling
}

// Check finds what is wrong: ErrInvalid.
func (s EmbedSpec) Check() error {
	if !slices.Contains(Poolings(), s.Pooling) {
		return Errorf(ErrInvalid, "pooling is %q, expected one of %v", s.Pooling, Poolings())
	}
	return nil
}

// Embedder is a Backbone with CapabilityEmbed.
type Embedder interface {
	Backbone
	// Embed gives one vector of ModelInfo.Hidden values per text, from the
	// language model without a tower (of an encoder-decoder: its encoder), without
	// dropout. A text is cut to ModelInfo.MaxLength tokens; a text without a token
	// has the zero vector. An answer does not depend on the texts beside it beyond
	// rounding. ErrOrder before Load.
	Embed(ctx context.Context, spec EmbedSpec, texts []string) ([][]float32, error)
}

// TowerReader is a Backbone with CapabilityVectors: it gives a tower's soft
// tokens, which another row of an experiment may take as features.
type TowerReader interface {
	Backbone
	// TowerVectors streams the soft tokens of users or items of a tower, dense with
	// ModelInfo.Hidden columns, in ascending order of index; yield keeps no chunk.
	TowerVectors(ctx context.Context, tower string, entity Entity, yield func(*FeatureChunk) error) error
}

package lm

import (
	"context"
	"encoding/json"
)

// Configure takes the parameters and frees the model that was loaded under others.
func (b *Backbone) Configure(ctx context.Context, params json.RawMessage) (json.RawMessage, error) {
	resolved, err := b.Base.Configure(ctx, params)
	if err != nil {
		return nil, err
	}
	return resolved, b.Engine.Close(ctx)
}

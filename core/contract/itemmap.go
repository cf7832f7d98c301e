package contract

import (
	"context"
	"iter"
	"math"
)

// ItemMapSpec says which tower gets a map, and how it begins.
type ItemMapSpec struct {
	Tower string
	Width int    // G, columns of the features, > 0
	Seed  uint64 // of W
}

// Check finds what is wrong with a map, but for its tower, which only the backbone
// knows: ErrInvalid.
func (s ItemMapSpec) Check() error {
	if s.Width <= 0 || s.Width > math.MaxInt32 {
		return Errorf(ErrInvalid, "tower %q: the features of its items have width %d, expected > 0", s.Tower, s.Width)
	}
	return nil
}

// ItemMapper is a Backbone with CapabilityItemMap: the item tokens of a tower may be
// a learned map of fixed features plus a residual (collective regression with item
// features, as in Agarwal and Chen 2009, "Regression-based latent factor models"),
//
//	z_j = W g_j + delta_j,   W [K, G], g_j [G], delta_j [K]
//
// of which W and delta train. Prior.Residual is delta's prior, and so that of z_j
// around W g_j.
type ItemMapper interface {
	Backbone
	// MapItems gives the items of an open tower features, dense [J, G]: W is drawn from
	// N(0, 1/G), delta is zero, and Adam begins afresh. An item that no chunk has gets
	// g_j = 0. The features are saved and loaded with the tower. ErrNotFound names an
	// unknown tower, ErrInvalid one that has a map, ErrBadData chunks that do not fit.
	MapItems(ctx context.Context, spec ItemMapSpec, features iter.Seq2[*FeatureChunk, error]) error
}

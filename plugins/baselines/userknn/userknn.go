package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters.
type Params struct {
	Shrink     float64 `json:"shrink" jsonschema:"default=10,minimum=0,description=added to the similarity's denominator: damps users with little evidence"`
	Neighbours int     `json:"neighbours" jsonschema:"default=0,minimum=0,maximum=1000000000,description=most similar users that score (0 = all)"`
	Similarity string  `json:"similarity" jsonschema:"default=cosine,enum=cosine,enum=jaccard,enum=asymmetric,enum=tversky,description=similarity of two users"`
	// Alpha belongs to the history and Beta to the neighbour.
	Alpha            float64 `json:"alpha" jsonschema:"default=0.5,minimum=0,maximum=10,description=exponent (asymmetric) or weight (tversky) of the history"`
	Beta             float64 `json:"beta" jsonschema:"default=0.5,minimum=0,maximum=10,description=exponent (asymmetric) or weight (tversky) of the neighbour"`
	FeatureWeighting string  `json:"feature_weighting" jsonschema:"default=none,enum=none,enum=tfidf,enum=bm25,description=weights of the items that two users have in common"`
}

// UserKNN is the user-based nearest-neighbour recommender (Resnick et al. 1994,
// "GroupLens: An Open Architecture for Collaborative Filtering of Netnews"): the score
// of an item is the sum of the similarities of those neighbours of a history that have it.
type UserKNN struct {
	sdk.Base[Params]
	model   *users // nil before Fit
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *UserKNN {
	k := &UserKNN{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "userknn", Version: "1.0.0", Semantics: semantics,
		Summary:      "User-based nearest neighbours (cosine, Jaccard, asymmetric, Tversky)",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilitySide},
	})}
	k.Forget = func() { k.model = nil }
	return k
}

// Fit keeps the interactions by user and by item, with side interactions as further users.
func (k *UserKNN) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := k.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	x := data.Stacked()
	if err := neighbours.Check(k.Params().Neighbours, x.Rows, "users"); err != nil {
		return err
	}
	k.model, k.threads = newUsers(x, k.Params()), linalg.Threads(spec.Resources.Threads)
	return nil
}

// Rank scores all items from the neighbours of each query's history, among which the
// query's own user is not.
func (k *UserKNN) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if k.model == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return k.model.rank(ctx, spec, queries, k.threads)
}

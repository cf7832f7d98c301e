package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/models/safetensors"
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
type UserKNN = baseline.Fitted[Params, *users]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *UserKNN {
	return baseline.New(baseline.Definition[Params, *users]{
		Info: contract.Info{
			Name: "userknn", Version: "1.0.0", Semantics: semantics,
			Summary:      "User-based nearest neighbours (cosine, Jaccard, asymmetric, Tversky)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide},
		},
		Fit: fit, Names: baseline.PairNames(), Read: read,
	})
}

// fit keeps the interactions by user and by item, with side interactions as further users.
func fit(_ context.Context, data *baseline.Data, w baseline.Work[Params]) (*users, error) {
	x := data.Stacked()
	if err := neighbours.Check(w.Params.Neighbours, x.Rows, "users"); err != nil {
		return nil, err
	}
	return newUsers(x, w.Params), nil
}

func read(_ context.Context, views map[string]safetensors.View, w baseline.Work[Params]) (*users, error) {
	x, err := baseline.ReadPairs(views)
	if err != nil {
		return nil, err
	}
	return newUsers(x, w.Params), nil
}

package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
)

// Params are the plugin's parameters.
type Params struct {
	// Shrink is added to the denominator of the similarity.
	Shrink float64 `json:"shrink" jsonschema:"default=10,minimum=0,description=added to the similarity's denominator: damps pairs with little evidence"`
	// Neighbours is how many neighbours every target item keeps.
	Neighbours int `json:"neighbours" jsonschema:"default=0,minimum=0,maximum=1000000000,description=most similar items that every target item keeps (0 = all)"`
	// NeighbourTies says which of equally similar items stay when not all do:
	// "index" keeps those with the smaller index; "partition" those that NumPy's
	// argpartition keeps.
	NeighbourTies string `json:"neighbour_ties" jsonschema:"default=partition,enum=partition,enum=index,description=which of equally similar neighbours stay: as NumPy's argpartition has it or the smaller index"`
	Similarity    string `json:"similarity" jsonschema:"default=cosine,enum=cosine,enum=jaccard,enum=asymmetric,enum=tversky,description=similarity of two items"`
	// Alpha belongs to the source item i and Beta to the target item j.
	Alpha            float64 `json:"alpha" jsonschema:"default=0.5,minimum=0,maximum=10,description=exponent (asymmetric) or weight (tversky) of the item of the history"`
	Beta             float64 `json:"beta" jsonschema:"default=0.5,minimum=0,maximum=10,description=exponent (asymmetric) or weight (tversky) of the item that is scored"`
	FeatureWeighting string  `json:"feature_weighting" jsonschema:"default=none,enum=none,enum=tfidf,enum=bm25,description=weights of the users that two items have in common"`
	UserWeight       float64 `json:"user_weight" jsonschema:"default=0,minimum=0,maximum=4,description=a user of n items counts n to the power of minus this"`
}

// ItemKNN is the item-based nearest-neighbour recommender (Sarwar et al. 2001):
// the score of a target item is the sum of its similarities to the items of the
// user's history that are among its nearest neighbours.
type ItemKNN = baseline.Fitted[Params, *neighbours.Matrix]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin; side interactions are rows of further users.
func New() *ItemKNN {
	return neighbours.Plugin(baseline.Definition[Params, *neighbours.Matrix]{
		Info: contract.Info{
			Name: "itemknn", Version: "1.0.0", Semantics: semantics,
			Summary:      "Item-based nearest neighbours (cosine, Jaccard, asymmetric, Tversky)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide},
		},
		Fit: func(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*neighbours.Matrix, error) {
			return findNeighbours(ctx, data.Stacked(), w)
		},
	})
}

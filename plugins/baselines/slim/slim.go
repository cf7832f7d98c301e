package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
)

// Params are the plugin's parameters.
type Params struct {
	L1         float64 `json:"l1" jsonschema:"default=1,minimum=0,maximum=1000000,description=L1 penalty on the weights: empties them"`
	L2         float64 `json:"l2" jsonschema:"default=10,exclusiveMinimum=0,maximum=1000000,description=L2 penalty on the weights"`
	Neighbours int     `json:"neighbours" jsonschema:"default=0,minimum=0,maximum=1000000000,description=largest weights that every target item keeps (0 = all)"`
	Tolerance  float64 `json:"tolerance" jsonschema:"default=0.0001,exclusiveMinimum=0,maximum=0.1,description=a column is done when no weight moves by more than this times the largest"`
	Sweeps     int     `json:"sweeps" jsonschema:"default=1000,minimum=1,maximum=1000000,description=most times that a column's weights are gone over"`
}

// SLIM is the sparse linear method (Ning and Karypis 2011, "SLIM: Sparse Linear Methods
// for Top-N Recommender Systems"): an elastic net for every item, without negative
// weights and without the item itself.
type SLIM = baseline.Fitted[Params, *neighbours.Matrix]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin; side interactions are rows of further users.
func New() *SLIM {
	return neighbours.Plugin(baseline.Definition[Params, *neighbours.Matrix]{
		Info: contract.Info{
			Name: "slim", Version: "1.0.0", Semantics: semantics,
			Summary:      "Sparse linear item-to-item weights by an elastic net (SLIM)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide},
		},
		Fit: func(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*neighbours.Matrix, error) {
			return solve(ctx, data.Stacked(), w)
		},
	})
}

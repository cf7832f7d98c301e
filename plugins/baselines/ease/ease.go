package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// Params are the plugin's parameters.
type Params struct {
	// Lambda is the L2 penalty on the weights.
	Lambda float64 `json:"lambda" jsonschema:"default=500,exclusiveMinimum=0,description=L2 penalty on the item-to-item weights"`
	// Dropout is EDLAE's p (Steck 2020): the penalty of item j grows by p/(1-p) g_jj.
	Dropout float64 `json:"dropout" jsonschema:"default=0,minimum=0,exclusiveMaximum=1,description=share of dropped inputs that is averaged over in closed form (EDLAE)"`
	// Diagonal is RLAE's xi (Moon et al. 2023): what an item may say about itself.
	Diagonal float64 `json:"diagonal" jsonschema:"default=0,minimum=0,exclusiveMaximum=1,description=largest weight of an item on itself (0 = EASE; RLAE and RDLAE above)"`
	// UserWeight is a: a user of n items counts n^-a.
	UserWeight float64 `json:"user_weight" jsonschema:"default=0,minimum=0,maximum=4,description=a user of n items counts n to the power of minus this; the trace of the Gram matrix stays"`
	// Popularity is the exponent of an item's count, by which its score is multiplied.
	Popularity float64 `json:"popularity" jsonschema:"default=0,minimum=-2,maximum=2,description=scores are multiplied by the item's count to the power of this"`
}

// EASE is the embarrassingly shallow autoencoder (Steck 2019, "Embarrassingly
// Shallow Autoencoders for Sparse Data") with its later relatives: the score of item j is the sum over
// the user's items i of B_ij.
type EASE = baseline.Fitted[Params, *baseline.LinearModel]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *EASE {
	return baseline.New(baseline.Definition[Params, *baseline.LinearModel]{
		Info: contract.Info{
			Name: "ease", Version: "1.0.0", Semantics: semantics,
			Summary:      "Linear item-to-item autoencoder in closed form (EASE)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide, contract.CapabilityLeaveOut},
		},
		Fit:   solve,
		Names: baseline.WeightsNames(),
		Read: func(_ context.Context, views map[string]safetensors.View, _ baseline.Work[Params]) (*baseline.LinearModel, error) {
			return baseline.ReadLinear("EASE", views)
		},
	})
}

package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
)

// Params are the plugin's parameters.
type Params struct {
	Alpha      float64 `json:"alpha" jsonschema:"default=0.6,minimum=0,maximum=4,description=exponent of every step's probability"`
	Beta       float64 `json:"beta" jsonschema:"default=0.3,minimum=0,maximum=4,description=exponent of the popularity by which a score is divided"`
	Neighbours int     `json:"neighbours" jsonschema:"default=0,minimum=0,maximum=1000000000,description=targets that every source item keeps (0 = all)"`
}

// RP3Beta scores by random walks of three steps from the user (Paudel et al. 2017,
// "Updatable, Accurate, Diverse, and Scalable Recommendations for Interactive
// Applications"): from an item of the history to a user who has it and on to an item.
type RP3Beta = baseline.Fitted[Params, *neighbours.Matrix]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin; side interactions are rows of further users.
func New() *RP3Beta {
	return neighbours.Plugin(baseline.Definition[Params, *neighbours.Matrix]{
		Info: contract.Info{
			Name: "rp3beta", Version: "1.0.0", Semantics: semantics,
			Summary:      "Random walks of three steps, divided by popularity (RP3beta)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide},
		},
		Fit: func(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*neighbours.Matrix, error) {
			return walk(ctx, data.Stacked(), w)
		},
	})
}

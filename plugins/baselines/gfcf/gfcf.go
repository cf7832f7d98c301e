package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
)

// Params are the plugin's parameters.
type Params struct {
	Dim    int     `json:"dim" jsonschema:"default=256,minimum=1,maximum=4096,description=singular vectors that the low-pass filter lets through"`
	Weight float64 `json:"weight" jsonschema:"default=0.3,minimum=0,maximum=100,description=weight of the low-pass filter beside the linear one"`
}

// GFCF filters a history on the graph of users and items (Shen et al. 2021, "How
// Powerful is Graph Convolution for Recommendation?"): a linear filter and an ideal
// low-pass filter.
type GFCF = baseline.Fitted[Params, *filter]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin; side interactions are rows of further users.
func New() *GFCF {
	return baseline.New(baseline.Definition[Params, *filter]{
		Info: contract.Info{
			Name: "gfcf", Version: "1.0.0", Semantics: semantics,
			Summary:      "Linear and low-pass graph filters without training (GF-CF)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide},
			Check:        contract.Check{Params: []byte(`{"dim": 4}`)},
		},
		Fit: func(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*filter, error) {
			return newFilter(ctx, data.Stacked(), w)
		},
		Names: append(baseline.PairNames(), inName, outName), Read: read,
	})
}

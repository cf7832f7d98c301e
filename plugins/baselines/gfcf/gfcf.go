package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters.
type Params struct {
	Dim    int     `json:"dim" jsonschema:"default=256,minimum=1,maximum=4096,description=singular vectors that the low-pass filter lets through"`
	Weight float64 `json:"weight" jsonschema:"default=0.3,minimum=0,maximum=100,description=weight of the low-pass filter beside the linear one"`
}

// GFCF filters a history on the graph of users and items (Shen et al. 2021, "How
// Powerful is Graph Convolution for Recommendation?"): a linear filter and an ideal
// low-pass filter.
type GFCF struct {
	sdk.Base[Params]
	model   *filter // nil before Fit
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *GFCF {
	g := &GFCF{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "gfcf", Version: "1.0.0", Semantics: semantics,
		Summary:      "Linear and low-pass graph filters without training (GF-CF)",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilitySide},
	})}
	g.Forget = func() { g.model = nil }
	return g
}

// Fit finds the singular vectors, with side interactions as further users.
func (g *GFCF) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := g.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	g.model, g.threads = nil, linalg.Threads(spec.Resources.Threads)
	progress.Report(contract.Progress{Stage: "fit", Total: 1, Unit: "step"})
	model, err := newFilter(ctx, data.Stacked(), g.Params(), spec.Seed, g.threads)
	if err != nil {
		return err
	}
	g.model = model
	progress.Report(contract.Progress{Stage: "fit", Done: 1, Total: 1, Unit: "step"})
	return nil
}

// Rank scores all items from each query's history.
func (g *GFCF) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if g.model == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return g.model.ranker(g.threads).Rank(ctx, spec, queries)
}

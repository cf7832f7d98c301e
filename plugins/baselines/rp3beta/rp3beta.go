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
	Alpha      float64 `json:"alpha" jsonschema:"default=0.6,minimum=0,maximum=4,description=exponent of every step's probability"`
	Beta       float64 `json:"beta" jsonschema:"default=0.3,minimum=0,maximum=4,description=exponent of the popularity by which a score is divided"`
	Neighbours int     `json:"neighbours" jsonschema:"default=0,minimum=0,maximum=1000000000,description=targets that every source item keeps (0 = all)"`
}

// RP3Beta scores by random walks of three steps from the user (Paudel et al. 2017,
// "Updatable, Accurate, Diverse, and Scalable Recommendations for Interactive
// Applications"): from an item of the history to a user who has it and on to an item.
type RP3Beta struct {
	sdk.Base[Params]
	model   *neighbours.Matrix // nil before Fit
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *RP3Beta {
	r := &RP3Beta{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "rp3beta", Version: "1.0.0", Semantics: semantics,
		Summary:      "Random walks of three steps, divided by popularity (RP3beta)",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilitySide},
	})}
	r.Forget = func() { r.model = nil }
	return r
}

// Fit computes the walks between all items, with side interactions as further users.
func (r *RP3Beta) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := r.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	r.model, r.threads = nil, linalg.Threads(spec.Resources.Threads)
	progress.Report(contract.Progress{Stage: "fit", Total: int64(spec.Items), Unit: "item"})
	model, err := walk(ctx, data.Stacked(), r.Params(), r.threads)
	if err != nil {
		return err
	}
	r.model = model
	progress.Report(contract.Progress{Stage: "fit", Done: int64(spec.Items), Total: int64(spec.Items), Unit: "item"})
	return nil
}

// Rank scores all items from each query's history.
func (r *RP3Beta) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.model == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return baseline.RankRows(ctx, spec, queries, r.model.Items, r.threads, r.model.Score)
}

package main

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
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
type EASE struct {
	sdk.Base[Params]
	weights []float64 // B, row-major [items x items]; nil before Fit
	items   int
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *EASE {
	e := &EASE{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "ease", Version: "1.0.0", Semantics: semantics,
		Summary:      "Linear item-to-item autoencoder in closed form (EASE)",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilitySide},
	})}
	e.Forget = func() { e.weights = nil }
	return e
}

// Fit solves for B. It holds one [items x items] matrix of float64.
func (e *EASE) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := e.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	e.weights, e.items, e.threads = nil, spec.Items, linalg.Threads(spec.Resources.Threads)
	weights, err := solve(ctx, data, e.Params(), e.threads, progress)
	if err != nil {
		return err
	}
	e.weights = weights
	return nil
}

// Rank scores all items from each query's history.
func (e *EASE) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if e.weights == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return baseline.RankRows(ctx, spec, queries, e.items, e.threads, e.score)
}

// score adds up the rows of B of a history.
func (e *EASE) score(history []int32, row []float64) {
	for _, i := range history {
		floats.Add(row, e.weights[int(i)*e.items:(int(i)+1)*e.items])
	}
}

package main

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
)

// Params has nothing to set.
type Params struct{}

// Popularity scores an item by its number of training interactions, the same
// for every user.
type Popularity struct {
	sdk.Base[Params]
	scores []float64 // [items]; nil before Fit
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Popularity {
	p := &Popularity{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "popularity", Version: "1.0.0", Semantics: semantics,
		Summary:      "Ranks items by their number of training interactions",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn},
	})}
	p.Forget = func() { p.scores = nil }
	return p
}

// Fit counts.
func (p *Popularity) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := p.Configured("Fit"); err != nil {
		return err
	}
	x, err := baseline.Collect(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	p.scores = make([]float64, spec.Items)
	for item, n := range x.ColumnCounts() {
		p.scores[item] = float64(n)
	}
	return nil
}

// Rank sorts once, for the longest list, and hands out its beginnings.
func (p *Popularity) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if p.scores == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	if err := baseline.CheckQueries(queries, len(p.scores)); err != nil {
		return nil, err
	}
	longest := int32(0)
	for _, q := range queries {
		longest = max(longest, q.K)
	}
	all, err := contract.TopK(p.scores, int(longest), spec.Ties)
	if err != nil {
		return nil, err
	}
	out := make([]contract.Ranking, len(queries))
	for i, q := range queries {
		k := min(int(q.K), len(all.Items))
		out[i] = contract.Ranking{Items: slices.Clone(all.Items[:k]), Scores: slices.Clone(all.Scores[:k])}
	}
	return out, ctx.Err()
}

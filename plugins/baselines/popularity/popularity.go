package main

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// Params has nothing to set.
type Params struct{}

// Popularity scores an item by its number of training interactions, the same
// for every user.
type Popularity = baseline.Fitted[Params, scores]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Popularity {
	return baseline.New(baseline.Definition[Params, scores]{
		Info: contract.Info{
			Name: "popularity", Version: "1.0.0", Semantics: semantics,
			Summary:      "Ranks items by their number of training interactions",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn},
			Check:        contract.Check{NotBetterThanPopularity: "it is popularity"},
		},
		Fit: count, Names: []string{counts}, Read: read,
	})
}

// scores are those of all items, [items].
type scores []float64

func count(_ context.Context, data *baseline.Data, _ baseline.Work[Params]) (scores, error) {
	s := make(scores, data.X.Cols)
	for item, n := range data.X.ColumnCounts() {
		s[item] = float64(n)
	}
	return s, nil
}

// Rank sorts once, for the longest list, and hands out its beginnings.
func (s scores) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, _ int) ([]contract.Ranking, error) {
	if err := baseline.CheckQueries(queries, len(s)); err != nil {
		return nil, err
	}
	longest := int32(0)
	for _, q := range queries {
		longest = max(longest, q.K)
	}
	all, err := contract.TopK(s, int(longest), spec.Ties)
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

// counts is the name of the tensor [items] of a state.
const counts = "counts"

// Tensors are the counts.
func (s scores) Tensors() []safetensors.Tensor {
	return []safetensors.Tensor{safetensors.Float64Tensor(counts, []int{len(s)}, s)}
}

func read(_ context.Context, views map[string]safetensors.View, _ baseline.Work[Params]) (scores, error) {
	n, err := baseline.Rows(views[counts])
	if err != nil {
		return nil, err
	}
	return baseline.Floats(views[counts], n)
}

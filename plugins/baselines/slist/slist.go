package main

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/order"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters.
type Params struct {
	Lambda float64 `json:"lambda" jsonschema:"default=10,exclusiveMinimum=0,description=L2 penalty on the weights"`
	// Alpha is the share of whole histories (SLIS); the rest is that of transitions (SLIT).
	Alpha float64 `json:"alpha" jsonschema:"default=0.2,minimum=0,maximum=1,description=share of whole histories beside that of transitions to later items"`
	// Decay is delta_pos.
	Decay float64 `json:"decay" jsonschema:"default=1,exclusiveMinimum=0,maximum=1000000,description=items by which a transition's weight falls to 1/e"`
	// Recency is delta_inf.
	Recency float64 `json:"recency" jsonschema:"default=1,exclusiveMinimum=0,maximum=1000000,description=items by which the weight of a history's item falls to 1/e when it is ranked"`
	// Diagonal is xi.
	Diagonal float64     `json:"diagonal" jsonschema:"default=0,minimum=0,maximum=10,description=largest weight of an item on itself"`
	Order    order.Order `json:"order" jsonschema:"default=time,enum=time,enum=history,enum=index,enum=shuffled,description=of a history: time needs times in the data; history is the order of the data; index leaks where items were numbered user by user; shuffled is none"`
}

// SLIST is the session-aware linear model of items and transitions (Choi et al. 2021,
// "Session-aware Linear Item-Item Models for Session-based Recommendation").
type SLIST struct {
	sdk.Base[Params]
	weights []float64 // B, row-major [items x items], from source to target; nil before Fit
	items   int
	seed    uint64
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *SLIST {
	s := &SLIST{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "slist", Version: "1.0.0", Semantics: semantics,
		Summary:      "Linear next-item model in closed form (SLIST); reads the order of a history",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilityOrder},
	})}
	s.Forget = func() { s.weights = nil }
	return s
}

// Fit solves for B. It holds two [items x items] matrices of float64.
func (s *SLIST) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := s.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	p := s.Params()
	if err := p.Order.Check(data.X, data.Times); err != nil {
		return err
	}
	s.weights, s.items, s.seed, s.threads = nil, spec.Items, spec.Seed, linalg.Threads(spec.Resources.Threads)
	weights, err := solve(ctx, arranged(data.X, p.Order, spec.Seed), p, s.threads, progress)
	if err != nil {
		return err
	}
	s.weights = weights
	return nil
}

// arranged is x with every row in the order in which it is read.
func arranged(x *linalg.CSR, o order.Order, seed uint64) *linalg.CSR {
	out := *x
	out.Index = make([]int32, 0, x.NNZ())
	for u := range x.Rows {
		out.Index = append(out.Index, o.Arrange(x.Row(u), seed, 0)...)
	}
	return &out
}

// Rank scores all items from each query's history, its last items most.
func (s *SLIST) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if s.weights == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return baseline.RankRows(ctx, spec, queries, s.items, s.threads, s.score)
}

// score adds up the rows of B of a history, the item k before the last with the weight
// exp(-k/recency).
func (s *SLIST) score(history []int32, row []float64) {
	p := s.Params()
	read := p.Order.Arrange(history, s.seed, 0)
	for at, i := range read {
		weight := math.Exp(-float64(len(read)-1-at) / p.Recency)
		floats.AddScaled(row, weight, s.weights[int(i)*s.items:(int(i)+1)*s.items])
	}
}

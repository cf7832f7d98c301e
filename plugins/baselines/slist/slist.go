package main

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/order"
	"cllm4rec/plugins/internal/models/safetensors"
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
	Diagonal float64 `json:"diagonal" jsonschema:"default=0,minimum=0,maximum=10,description=largest weight of an item on itself"`
	// Pull is the part of Lambda that draws B to the cosines of the features and not to 0.
	Pull   float64     `json:"pull,omitempty" jsonschema:"default=0,minimum=0" jsonschema_description:"of the weights toward the cosines of the items' features: the part of lambda that does not draw them to 0 (above lambda, toward so much longer ones)"`
	Shares []float64   `json:"shares,omitempty" jsonschema:"minItems=1,exclusiveMinimum=0" jsonschema_description:"how much each feature matrix counts in the cosines, in the order of features (default: all the same, with a sum of 1)"`
	Order  order.Order `json:"order" jsonschema:"default=time,enum=time,enum=history,enum=index,enum=shuffled,description=of a history: time needs times in the data; history is the order of the data; index leaks where items were numbered user by user; shuffled is none"`
}

// SLIST is the session-aware linear model of items and transitions (Choi et al. 2021,
// "Session-aware Linear Item-Item Models for Session-based Recommendation").
type SLIST = baseline.Fitted[Params, *model]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *SLIST {
	return baseline.New(baseline.Definition[Params, *model]{
		Info: contract.Info{
			Name: "slist", Version: "1.0.0", Semantics: semantics,
			Summary:      "Linear next-item model in closed form (SLIST); reads the order of a history",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilityOrder, contract.CapabilityFeatures},
			// The histories of a check have no order to learn from; its features need a pull.
			Check: contract.Check{Params: []byte(`{"order": "shuffled", "alpha": 0.7, "recency": 100, "pull": 3}`)},
		},
		Check: Params.check,
		Fit:   fit, Names: append(baseline.WeightsNames(), seedName), Read: read,
	})
}

// check refuses shares without a prior.
func (p Params) check() error {
	if p.Shares != nil && p.Pull == 0 {
		return contract.Errorf(contract.ErrInvalid, "shares have no effect without pull")
	}
	return nil
}

// features are those of the prior; none without one.
func (p Params) features(data *baseline.Data) ([]*baseline.Features, error) {
	if p.Pull > 0 {
		return data.ItemFeatures()
	}
	if len(data.Features) > 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "pull is 0, so that the features have no effect: give it, or leave the features out")
	}
	return nil, nil
}

// model scores by B and by how late an item stands in a history.
type model struct {
	*baseline.ItemWeights
	params Params
	seed   uint64 // of a shuffled order
}

// fit solves for B. It holds two [items x items] matrices of float64.
func fit(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*model, error) {
	if err := w.Params.Order.Check(data.X, data.Times); err != nil {
		return nil, err
	}
	features, err := w.Params.features(data)
	if err != nil {
		return nil, err
	}
	weights, err := solve(ctx, arranged(data.X, w.Params.Order, w.Seed), features, w)
	return &model{weights, w.Params, w.Seed}, err
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

// Rank adds up the rows of B of a history, the item k before the last with the weight
// exp(-k/recency).
func (m *model) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	return baseline.RankRows(ctx, spec, queries, m.Items, threads, func(history []int32, row []float64) {
		read := m.params.Order.Arrange(history, m.seed, 0)
		for at, i := range read {
			floats.AddScaled(row, math.Exp(-float64(len(read)-1-at)/m.params.Recency), m.From(i))
		}
	})
}

// seedName is the seed's tensor in a state, [1].
const seedName = "seed"

// Tensors are the weights and the seed.
func (m *model) Tensors() []safetensors.Tensor {
	return append(m.ItemWeights.Tensors(), safetensors.Int64Tensor(seedName, []int{1}, []int64{int64(m.seed)}))
}

func read(_ context.Context, views map[string]safetensors.View, w baseline.Work[Params]) (*model, error) {
	weights, err := baseline.ReadWeights("SLIST", views)
	if err != nil {
		return nil, err
	}
	seed, err := baseline.Number(views[seedName])
	return &model{weights, w.Params, uint64(seed)}, err
}

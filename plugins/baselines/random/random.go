package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// Params are the plugin's parameters: none.
type Params struct{}

// Random scores every item of every user by a uniform number that depends on the seed,
// the user and the item alone; of a history without a user, on the set of its items.
type Random = baseline.Fitted[Params, *model]

type model struct {
	items int
	seed  uint64
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Random {
	return baseline.New(baseline.Definition[Params, *model]{
		Info: contract.Info{
			Name: "random", Version: "1.0.0", Semantics: semantics,
			Summary:      "Seeded uniform scores: the floor of a table",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn},
			Check:        contract.Check{NotBetterThanPopularity: "it is random"},
		},
		Fit: func(_ context.Context, data *baseline.Data, w baseline.Work[Params]) (*model, error) {
			return &model{data.X.Cols, w.Seed}, nil
		},
		Names: []string{itemsName, seedName}, Read: read,
	})
}

// Rank scores all items.
func (m *model) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	return baseline.RankQueries(ctx, spec, queries, m.items, threads, func(_ int, q contract.Query, row []float64) {
		who := contract.MixSeed(m.seed, m.who(q))
		for item := range row {
			row[item] = float64(contract.MixSeed(who, uint64(item))>>11) / (1 << 53)
		}
	})
}

// who tells queries apart: users by their number, histories without one by their items.
func (m *model) who(q contract.Query) uint64 {
	if q.User != contract.NoUser {
		return uint64(q.User)
	}
	set := uint64(1) << 32 // beyond every user
	for _, item := range q.History {
		set += contract.MixSeed(m.seed, uint64(item))
	}
	return set
}

// The tensors of a state, int64.
const (
	itemsName = "items" // [1]: how many
	seedName  = "seed"  // [1]
)

// Tensors are the seed and the number of items.
func (m *model) Tensors() []safetensors.Tensor {
	return []safetensors.Tensor{
		safetensors.Int64Tensor(itemsName, []int{1}, []int64{int64(m.items)}),
		safetensors.Int64Tensor(seedName, []int{1}, []int64{int64(m.seed)}),
	}
}

func read(_ context.Context, views map[string]safetensors.View, _ baseline.Work[Params]) (*model, error) {
	items, err := baseline.Number(views[itemsName])
	if err != nil {
		return nil, err
	}
	if items < 1 || items > 1<<31-1 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q says %d items", views[itemsName].File, itemsName, items)
	}
	seed, err := baseline.Number(views[seedName])
	return &model{int(items), uint64(seed)}, err
}

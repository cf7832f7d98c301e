package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters: none.
type Params struct{}

// Random scores every item of every user by a uniform number that depends on the seed,
// the user and the item alone; of a history without a user, on the set of its items.
type Random struct {
	sdk.Base[Params]
	model   *model // nil before Fit
	threads int
}

type model struct {
	items int
	seed  uint64
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Random {
	r := &Random{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "random", Version: "1.0.0", Semantics: semantics,
		Summary:      "Seeded uniform scores: the floor of a table",
		Capabilities: []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn},
	})}
	r.Forget = func() { r.model = nil }
	return r
}

// Fit keeps the seed; it reads the interactions as every method does, so that wrong ones
// are found.
func (r *Random) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := r.Configured("Fit"); err != nil {
		return err
	}
	if _, err := baseline.Collect(ctx, spec, train, progress); err != nil {
		return err
	}
	r.model, r.threads = &model{spec.Items, spec.Seed}, linalg.Threads(spec.Resources.Threads)
	return nil
}

// Rank scores all items.
func (r *Random) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.model == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return baseline.RankQueries(ctx, spec, queries, r.model.items, r.threads, func(_ int, q contract.Query, row []float64) {
		who := contract.MixSeed(r.model.seed, r.model.who(q))
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

func (r *Random) state() baseline.State {
	return baseline.State{Plugin: r.Name(), Semantics: semantics, Parameters: r.Params()}
}

// Save writes the seed and the number of items.
func (r *Random) Save(_ context.Context, path string) error {
	if r.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return r.state().Save(path,
		safetensors.Int64Tensor(itemsName, []int{1}, []int64{int64(r.model.items)}),
		safetensors.Int64Tensor(seedName, []int{1}, []int64{int64(r.model.seed)}))
}

// Load reads what Save wrote.
func (r *Random) Load(_ context.Context, path string) error {
	if err := r.Configured("Load"); err != nil {
		return err
	}
	return r.state().Load(path, []string{itemsName, seedName}, func(views map[string]safetensors.View) error {
		items, err := number(views[itemsName])
		if err != nil {
			return err
		}
		if items < 1 || items > 1<<31-1 {
			return contract.Errorf(contract.ErrBadData, "%s: tensor %q says %d items", path, itemsName, items)
		}
		seed, err := number(views[seedName])
		if err != nil {
			return err
		}
		r.model, r.threads = &model{int(items), uint64(seed)}, linalg.Threads(r.threads)
		return nil
	})
}

func number(v safetensors.View) (int64, error) {
	if err := v.Expect(1); err != nil {
		return 0, err
	}
	values, err := v.Int64s()
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

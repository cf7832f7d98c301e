package contracttest

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// FakeRecommenderParams are the parameters of the fake recommender.
type FakeRecommenderParams struct {
	Knobs
	Weight float64 `json:"weight" jsonschema:"default=1,exclusiveMinimum=0,description=score of one interaction"`
}

// FakeRecommender ranks items by popularity; a seeded noise of less than half
// an interaction orders equally popular ones.
type FakeRecommender struct {
	sdk.Base[FakeRecommenderParams]
	scores []float64 // nil before Fit
	had    [][]int32 // each user's items
}

// NewFakeRecommender makes the recommender plugin "fakerec".
func NewFakeRecommender() *FakeRecommender {
	r := &FakeRecommender{Base: sdk.NewBase[FakeRecommenderParams](contract.Info{
		Kind: contract.KindRecommender, Name: "fakerec", Version: "1.0.0", Summary: "popularity, for tests",
		Capabilities: []contract.Capability{contract.CapabilityLeaveOut},
	})}
	r.Forget = func() { r.scores, r.had = nil, nil }
	return r
}

// Configure takes the parameters.
func (r *FakeRecommender) Configure(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	resolved, err := r.Base.Configure(ctx, raw)
	if err != nil {
		return nil, err
	}
	r.Params().hang("Configure")
	return resolved, r.Params().child()
}

// Close has nothing to release.
func (r *FakeRecommender) Close(context.Context) error {
	r.Params().hang("Close")
	return nil
}

// Fit counts items.
func (r *FakeRecommender) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := r.Configured("Fit"); err != nil {
		return err
	}
	r.Params().hang("Fit")
	scores, had := make([]float64, spec.Items), make([][]int32, spec.Users)
	rng := rand.New(rand.NewPCG(spec.Seed, 0))
	for i := range scores {
		scores[i] = 0.49 * r.Params().Weight * rng.Float64()
	}
	step := 0
	for chunk, err := range train {
		if err != nil {
			return err
		}
		step++
		if err := r.Params().step(ctx, step, 1/float64(step), progress); err != nil {
			return err
		}
		if err := r.count(spec, scores, had, chunk); err != nil {
			return err
		}
	}
	r.scores, r.had = scores, had
	return nil
}

func (r *FakeRecommender) count(spec contract.FitSpec, scores []float64, had [][]int32, chunk *contract.TrainChunk) error {
	for i, item := range chunk.Items {
		if item < 0 || int(item) >= len(scores) || chunk.Users[i] < 0 || int(chunk.Users[i]) >= spec.Users {
			return contract.Errorf(contract.ErrBadData, "an interaction is of user %d and item %d, outside %d users and %d items", chunk.Users[i], item, spec.Users, len(scores))
		}
		scores[item] += r.Params().Weight
		had[chunk.Users[i]] = append(had[chunk.Users[i]], item)
	}
	return nil
}

// Rank gives every user the same list.
func (r *FakeRecommender) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.scores == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	if err := sdk.CheckUsers(r.Name(), queries); err != nil {
		return nil, err
	}
	r.Params().hang("Rank")
	return r.rank(ctx, spec, queries, func(contract.Query) []float64 { return r.scores })
}

// RankWithout gives every user the list that there would be without the user.
func (r *FakeRecommender) RankWithout(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.scores == nil {
		return nil, sdk.ErrOrder("RankWithout", "Fit")
	}
	for _, q := range queries {
		if q.User < 0 || int(q.User) >= len(r.had) {
			return nil, contract.Errorf(contract.ErrInvalid, "user %d is outside 0..%d", q.User, len(r.had)-1)
		}
	}
	return r.rank(ctx, spec, queries, func(q contract.Query) []float64 {
		scores := slices.Clone(r.scores)
		for _, item := range r.had[q.User] {
			scores[item] -= r.Params().Weight
		}
		return scores
	})
}

func (r *FakeRecommender) rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, scores func(contract.Query) []float64) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, len(queries))
	for i, q := range queries {
		err := errors.Join(ctx.Err(), q.Check(len(r.scores)))
		if err != nil {
			return nil, err
		}
		if rankings[i], err = contract.TopK(scores(q), int(q.K), spec.Ties); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

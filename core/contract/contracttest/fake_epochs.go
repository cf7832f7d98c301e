package contracttest

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// FakeEpochsParams are the parameters of the fake epoch-wise recommender.
type FakeEpochsParams struct {
	Knobs
	Factors int     `json:"factors" jsonschema:"default=4,minimum=1,description=length of a vector"`
	Rate    float64 `json:"rate" jsonschema:"default=0.1,exclusiveMinimum=0,description=learning rate"`
	Batch   int     `json:"batch" jsonschema:"default=4,minimum=1,description=interactions of a step"`
	Peak    int     `json:"peak" jsonschema:"default=0,minimum=0,description=last epoch that learns: later ones unlearn (0 = all learn)"`
}

// FakeEpochs factorises the matrix of interactions by stochastic gradients, in
// epochs, with every capability of a recommender that has a state. After the
// epoch `peak` its steps go the wrong way: a measure of validation rises to that
// epoch and falls from it on.
type FakeEpochs struct {
	sdk.Base[FakeEpochsParams]
	model *epochModel // nil before Begin or Load
	train *epochRows  // nil before Begin
}

// NewFakeEpochs makes the recommender plugin "fakeepochs".
func NewFakeEpochs() *FakeEpochs {
	r := &FakeEpochs{Base: sdk.NewBase[FakeEpochsParams](contract.Info{
		Kind: contract.KindRecommender, Name: "fakeepochs", Version: "1.0.0", Semantics: 1, Summary: "factors by gradient descent, for tests",
		Capabilities: []contract.Capability{
			contract.CapabilityEpochs, contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilityFeatures, contract.CapabilityVectors,
		},
	})}
	r.Forget = func() { r.model, r.train = nil, nil }
	return r
}

// Fit is not for a recommender that learns in epochs.
func (r *FakeEpochs) Fit(context.Context, contract.FitSpec, contract.Train, contract.OnProgress) error {
	return sdk.ErrEpochs(r.Name())
}

// Begin reads the data and draws the model; rows of features are added to the
// first vectors of their users and items.
func (r *FakeEpochs) Begin(ctx context.Context, spec contract.FitSpec, train contract.Train) error {
	if err := r.Configured("Begin"); err != nil {
		return err
	}
	r.model, r.train = nil, nil
	model, rows := newEpochModel(spec, r.Params().Factors), &epochRows{spec: spec, pairs: map[[2]int32]bool{}}
	step := 0
	for chunk, err := range train {
		if err != nil {
			return err
		}
		step++
		if err := r.Params().step(ctx, step, 0, nil); err != nil {
			return err
		}
		if err := rows.add(chunk); err != nil {
			return err
		}
		if chunk.Features != nil {
			model.addFeatures(chunk.Features)
		}
	}
	r.model, r.train = model, rows
	return nil
}

// Epoch goes once over the interactions.
func (r *FakeEpochs) Epoch(ctx context.Context, spec contract.EpochSpec, progress contract.OnProgress) (contract.EpochResult, error) {
	if r.train == nil {
		return contract.EpochResult{}, sdk.ErrOrder("Epoch", "Begin")
	}
	if spec.Number != r.model.epoch+1 {
		return contract.EpochResult{}, contract.Errorf(contract.ErrOrder, "epoch %d was asked for after epoch %d", spec.Number, r.model.epoch)
	}
	r.Params().hang("Epoch")
	return r.learn(ctx, spec, progress)
}

// Rank scores every item for each user, or for each history of nobody.
func (r *FakeEpochs) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.model == nil {
		return nil, sdk.ErrOrder("Rank", "Begin or Load")
	}
	r.Params().hang("Rank")
	rankings := make([]contract.Ranking, len(queries))
	for i, q := range queries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores, err := r.model.scores(q)
		if err != nil {
			return nil, err
		}
		if rankings[i], err = contract.TopK(scores, int(q.K), spec.Ties); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

// Vectors streams the factors in chunks of a few rows.
func (r *FakeEpochs) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	if r.model == nil {
		return sdk.ErrOrder("Vectors", "Begin or Load")
	}
	values, err := r.model.vectors(entity)
	if err != nil {
		return err
	}
	return yieldRows(ctx, r.Name(), entity, r.model.factors, values, yield)
}

// yieldRows streams the rows of a matrix [n, width] in chunks of a few.
func yieldRows(ctx context.Context, name string, entity contract.Entity, width int, values []float64, yield func(*contract.FeatureChunk) error) error {
	const few = 7
	for lo := 0; lo < len(values)/width; lo += few {
		c := &contract.FeatureChunk{Name: name, Entity: entity, Width: width}
		for row := lo; row < min(lo+few, len(values)/width); row++ {
			c.Rows = append(c.Rows, int32(row))
			for _, v := range values[row*width : (row+1)*width] {
				c.Dense = append(c.Dense, float32(v))
			}
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return ctx.Err()
}

package neural

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
)

// Definition is a recommender plugin with parameters P around a Model.
type Definition[P any] struct {
	// Info lacks what every neural recommender has and is added: the kind and the
	// capabilities epochs, state and, with Vectors, vectors.
	Info  contract.Info
	Check func(P) error // as sdk.Base has it; may be nil
	New   func(P) Model
	// Vectors names, by entity, the parameter or buffer whose rows are vectors.
	Vectors map[contract.Entity]string
}

// Recommender is a contract.EpochTrainer, contract.Stateful and
// contract.VectorSource over a Model.
type Recommender[P any] struct {
	sdk.Base[P]
	definition Definition[P]
	info       contract.Info
	engine     *engine // nil before Begin or Load
	data       *Data   // nil before Begin
	resources  contract.Resources
}

// New makes the plugin.
func New[P any](d Definition[P]) *Recommender[P] {
	d.Info.Kind = contract.KindRecommender
	d.Info.Capabilities = append([]contract.Capability{contract.CapabilityEpochs, contract.CapabilityState}, d.Info.Capabilities...)
	if len(d.Vectors) > 0 {
		d.Info.Capabilities = append(d.Info.Capabilities, contract.CapabilityVectors)
	}
	r := &Recommender[P]{Base: sdk.NewBase[P](d.Info), definition: d, info: d.Info}
	r.Check = d.Check
	return r
}

// Configure takes the parameters and forgets the model of the ones before.
func (r *Recommender[P]) Configure(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	resolved, err := r.Base.Configure(ctx, raw)
	if err != nil {
		return nil, err
	}
	return resolved, r.Close(ctx)
}

// Close frees the model and ends its thread.
func (r *Recommender[P]) Close(context.Context) error {
	err := r.engine.close()
	r.engine, r.data = nil, nil
	return err
}

// Fit is not for a recommender that learns in epochs.
func (r *Recommender[P]) Fit(context.Context, contract.FitSpec, contract.Train, contract.OnProgress) error {
	return sdk.ErrEpochs(r.Name())
}

// Begin gathers the training data and draws the model. ErrInvalid where the method
// cannot learn from the data, ErrOutOfMemory where the model does not fit.
func (r *Recommender[P]) Begin(ctx context.Context, spec contract.FitSpec, train contract.Train) error {
	if err := r.Configured("Begin"); err != nil {
		return err
	}
	if err := r.Close(ctx); err != nil {
		return err
	}
	gathered, err := baseline.Gather(ctx, spec, train, nil)
	if err != nil {
		return err
	}
	d := &Data{Data: gathered, Sizes: Sizes{Users: spec.Users, Items: spec.Items}, Seed: spec.Seed}
	m := r.definition.New(r.Params())
	if err := m.Prepare(d); err != nil {
		return err
	}
	e, err := start(r.Name(), m, spec.Resources)
	if err != nil {
		return err
	}
	if err := e.begin(d, spec.Resources.Memory); err != nil {
		return errors.Join(err, e.close())
	}
	r.engine, r.data, r.resources = e, d, spec.Resources
	return nil
}

// Epoch goes once over the training data.
func (r *Recommender[P]) Epoch(ctx context.Context, spec contract.EpochSpec, progress contract.OnProgress) (contract.EpochResult, error) {
	if r.data == nil {
		return contract.EpochResult{}, sdk.ErrOrder("Epoch", "Begin")
	}
	if spec.Number != r.engine.epoch+1 {
		return contract.EpochResult{}, contract.Errorf(contract.ErrOrder, "epoch %d was asked for after epoch %d", spec.Number, r.engine.epoch)
	}
	return r.engine.train(ctx, spec, progress)
}

// Rank scores every item for each query.
func (r *Recommender[P]) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if r.engine == nil {
		return nil, sdk.ErrOrder("Rank", "Begin or Load")
	}
	if !r.info.Can(contract.CapabilityFoldIn) {
		if err := sdk.CheckUsers(r.Name(), queries); err != nil {
			return nil, err
		}
	}
	return r.engine.rank(ctx, spec, queries)
}

func (r *Recommender[P]) file() baseline.State {
	return baseline.State{Plugin: r.Name(), Semantics: max(r.info.Semantics, 1), Parameters: r.Params()}
}

// Save writes weights, moments of the optimiser, counts and seed.
func (r *Recommender[P]) Save(_ context.Context, path string) error {
	if r.engine == nil {
		return sdk.ErrOrder("Save", "Begin")
	}
	return r.engine.save(r.file(), path)
}

// Load reads what Save wrote. After an error the plugin keeps what it had.
func (r *Recommender[P]) Load(_ context.Context, path string) error {
	if err := r.Configured("Load"); err != nil {
		return err
	}
	m := r.definition.New(r.Params())
	if r.data != nil {
		if err := m.Prepare(r.data); err != nil {
			return err
		}
	}
	e, err := start(r.Name(), m, r.resources)
	if err != nil {
		return err
	}
	if err = e.load(r.file(), path, r.resources.Memory); err == nil {
		err = e.fits(r.data, path)
	}
	if err != nil {
		return errors.Join(err, e.close())
	}
	err = r.engine.close()
	r.engine = e
	return err
}

// Vectors streams the rows of the entity's parameter.
func (r *Recommender[P]) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	name, has := r.definition.Vectors[entity]
	if !has {
		return contract.Errorf(contract.ErrUnsupported, "%s has no vectors of %q", r.Name(), entity)
	}
	if r.engine == nil {
		return sdk.ErrOrder("Vectors", "Begin or Load")
	}
	values, width, err := r.engine.rows(name)
	if err != nil {
		return err
	}
	return baseline.YieldRows(ctx, fmt.Sprintf("%s %s", r.Name(), entity), entity, width, values, yield)
}

// rows reads a parameter [n, width].
func (e *engine) rows(name string) (values []float32, width int, err error) {
	err = e.do(func(s *Step) error {
		values, width = s.Read(s.P(name)), int(s.P(name).Size(1))
		return nil
	})
	return values, width, err
}

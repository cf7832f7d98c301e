package baseline

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Model is what a recommender that is fitted at once has learnt.
type Model interface {
	// Rank answers queries on so many threads.
	Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error)
	// Tensors are what a state holds of the model.
	Tensors() []safetensors.Tensor
}

// WithoutUsers is a Model that ranks as if a user had not been there, as
// contract.LeavesOut has it.
type WithoutUsers interface {
	RankWithout(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error)
}

// Work is what a model is fitted or read under.
type Work[P any] struct {
	Params   P
	Seed     uint64              // of everything random in Fit
	Threads  int                 // from 1
	Progress contract.OnProgress // of Fit; may be nil
}

// Definition is what a recommender that is fitted at once brings along.
type Definition[P any, M Model] struct {
	// Info says what the plugin is; the kind and the capability state are added.
	Info  contract.Info
	Check func(P) error // as sdk.Base has it; may be nil
	// Fit learns from a training stream, which Gather has checked.
	Fit func(ctx context.Context, data *Data, work Work[P]) (M, error)
	// Names are those of Model.Tensors, from which Read makes the model again.
	Names []string
	Read  func(ctx context.Context, views map[string]safetensors.View, work Work[P]) (M, error)
}

// Fitted is a contract.Recommender and contract.Stateful over a Model.
type Fitted[P any, M Model] struct {
	sdk.Base[P]
	definition Definition[P, M]
	model      *M // nil before Fit and Load
	threads    int
}

// New makes the plugin.
func New[P any, M Model](d Definition[P, M]) *Fitted[P, M] {
	d.Info.Kind = contract.KindRecommender
	d.Info.Capabilities = append([]contract.Capability{contract.CapabilityState}, d.Info.Capabilities...)
	f := &Fitted[P, M]{Base: sdk.NewBase[P](d.Info), definition: d}
	f.Check = d.Check
	f.Forget = func() { f.model = nil }
	return f
}

// Fit gathers the training stream and learns from it.
func (f *Fitted[P, M]) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := f.Configured("Fit"); err != nil {
		return err
	}
	data, err := Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	f.model, f.threads = nil, linalg.Threads(spec.Resources.Threads)
	model, err := f.definition.Fit(ctx, data, Work[P]{Params: f.Params(), Seed: spec.Seed, Threads: f.threads, Progress: progress})
	if err != nil {
		return err
	}
	f.model = &model
	return nil
}

// Model is what was fitted or loaded; before that an ErrOrder that names the call.
func (f *Fitted[P, M]) Model(call string) (model M, err error) {
	if f.model == nil {
		return model, sdk.ErrOrder(call, "Fit")
	}
	return *f.model, nil
}

// Rank answers queries with the model.
func (f *Fitted[P, M]) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	model, err := f.Model("Rank")
	if err != nil {
		return nil, err
	}
	return model.Rank(ctx, spec, queries, f.threads)
}

// RankWithout answers queries as if their users had not been there, where the model knows
// how (WithoutUsers).
func (f *Fitted[P, M]) RankWithout(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	model, err := f.Model("RankWithout")
	if err != nil {
		return nil, err
	}
	without, ok := any(model).(WithoutUsers)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "%s does not rank without a user: it lacks the capability %q", f.Name(), contract.CapabilityLeaveOut)
	}
	return without.RankWithout(ctx, spec, queries, f.threads)
}

func (f *Fitted[P, M]) state() State {
	return State{Plugin: f.Name(), Semantics: max(f.definition.Info.Semantics, 1), Parameters: f.Params()}
}

// Save writes the model; it holds the bytes of the file beside the model for that time.
func (f *Fitted[P, M]) Save(_ context.Context, path string) error {
	model, err := f.Model("Save")
	if err != nil {
		return err
	}
	return f.state().Save(path, model.Tensors()...)
}

// Load reads what Save wrote.
func (f *Fitted[P, M]) Load(ctx context.Context, path string) error {
	if err := f.Configured("Load"); err != nil {
		return err
	}
	threads := linalg.Threads(f.threads)
	return f.state().Load(path, f.definition.Names, func(views map[string]safetensors.View) error {
		model, err := f.definition.Read(ctx, views, Work[P]{Params: f.Params(), Threads: threads})
		if err != nil {
			return err
		}
		f.model, f.threads = &model, threads
		return nil
	})
}

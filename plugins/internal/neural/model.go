package neural

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Sizes are what the shapes of parameters depend on. They are part of a state.
type Sizes struct {
	Users, Items int
	// Width is the size of what a model reads beside interactions, such as the
	// columns of item features; Prepare sets it.
	Width int
}

// Data is what a model is trained on.
type Data struct {
	*baseline.Data
	Sizes
	Seed uint64 // of the trial
}

// Model is one neural recommender. The engine calls Prepare and Declare at Begin,
// Declare alone when a state is loaded, and everything else afterwards.
type Model interface {
	// Prepare takes the training data and refuses, as an ErrInvalid, what the method
	// cannot learn from.
	Prepare(d *Data) error
	// Declare names the tensors that make up the model, by their sizes.
	Declare(p *Parameters, size Sizes)
	// Phases are the parts of an epoch (numbered from 1), in their order; most
	// models have one.
	Phases(epoch int) []Phase
	// Loss is the scalar that one step lowers, the mean over its examples.
	Loss(s *Step, examples []int32) *torch.Tensor
	// Score gives every query a score for every item, [B, items], outside of
	// gradients. A row depends on its own query alone.
	Score(s *Step, queries []contract.Query) *torch.Tensor
}

// Finisher is a Model that computes something after Begin, after each epoch and after
// the phases that say so, outside of gradients: a Buffer that Score or Loss reads.
type Finisher interface {
	Model
	Finish(s *Step)
}

// Phase is a part of an epoch: a number of examples, in a seeded order, in batches.
type Phase struct {
	Name     string // for messages and for Loss; may be empty
	Examples int    // numbered from 0
	Batch    int    // examples of a step
	Rate     float64
	// Trains says which parameters the phase moves; nil means all.
	Trains func(name string) bool
	// Fresh forgets the optimiser's moments and steps before the phase.
	Fresh bool
	// Finishes lets a Finisher compute after this phase, for the next one; after the
	// last it always does.
	Finishes bool
}

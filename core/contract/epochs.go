package contract

import "context"

// EpochSpec is one pass of an EpochTrainer over its training data.
type EpochSpec struct {
	Number int    // from 1, without gaps
	Seed   uint64 // of everything random in this epoch
}

// EpochResult is what one epoch saw.
type EpochResult struct {
	Loss       float64 // mean over the steps; finite
	Steps      int64   // of the optimiser
	Examples   int64
	PeakMemory int64 // most device memory in the epoch, in bytes; 0 is unknown
}

// EpochTrainer is a Recommender with CapabilityEpochs: it learns in epochs, and
// the host decides after each one, by its own validation, whether another one
// follows. Its Fit returns ErrUnsupported. Rank works after any epoch.
type EpochTrainer interface {
	Recommender
	// Begin takes the training data and initialises the model; a second Begin
	// forgets the first. The plugin keeps what it needs of the data.
	Begin(ctx context.Context, spec FitSpec, train Train) error
	// Epoch goes once over the training data. ErrOrder before Begin (Load does not
	// bring the data) and for a number that does not follow the last epoch's. ErrNonFinite names the
	// step; the model is then as it was before that step.
	Epoch(ctx context.Context, spec EpochSpec, progress OnProgress) (EpochResult, error)
}

// Stateful is a Recommender with CapabilityState: its trained model goes to a
// file and comes back in another process.
type Stateful interface {
	Recommender
	// Save writes the model, its optimiser and generators to one file, atomically:
	// safetensors, never a pickle. ErrOrder before training.
	Save(ctx context.Context, path string) error
	// Load makes the plugin what it was at Save: it ranks the same bytes and gives the same
	// vectors, and an EpochTrainer that was given the same training data by Begin goes on with the
	// next epoch. Configure comes first, with the same parameters; Begin need not.
	// ErrNotFound, ErrBadData for a file that Save did not write.
	Load(ctx context.Context, path string) error
}

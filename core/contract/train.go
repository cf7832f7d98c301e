package contract

import "slices"

// Objective is what a pass over examples optimises.
type Objective string

// The objectives. Z^v is the tower's own item embedding [J, K] (tied head) and
// Z^t the frozen word embedding [N, K]; h is the last hidden state of a token.
const (
	// NextItem predicts every main token, all of them items, by
	// softmax(Z^v h) over the J items (paper: f_l).
	NextItem Objective = "next_item"
	// NextWord predicts every main token, all of them words, by
	// softmax(Z^t h) over the N words (paper: f_c).
	NextWord Objective = "next_word"
	// Multinomial takes h at the prompt's last token and sums -ln softmax(Z^v h)
	// over the example's Targets (paper: recommendation-oriented finetuning).
	Multinomial Objective = "multinomial"
)

// Objectives lists every objective.
func Objectives() []Objective { return []Objective{NextItem, NextWord, Multinomial} }

// Valid reports whether the objective is known.
func (o Objective) Valid() bool { return slices.Contains(Objectives(), o) }

// Reduction says how a batch of B examples becomes one number.
type Reduction string

// The reductions.
const (
	// ExampleMean is (1/B) * sum over examples of the example's sum (paper).
	ExampleMean Reduction = "example_mean"
	// TokenMean is the mean over the predicted tokens of the batch (code). It
	// does not apply to Multinomial.
	TokenMean Reduction = "token_mean"
	// BatchSum is the plain sum over the batch (code, for the prior). As the reduction of
	// the data loss it keeps the gradient of a token that one example alone has free of the
	// number of examples beside it.
	BatchSum Reduction = "batch_sum"
)

// Prior pulls a tower's soft tokens toward another tower, which is held fixed
// (paper: mutual regularisation), or toward zero.
//
// Penalty = Coefficient * reduce( sum over occurrences o of |z_o - ref_o|^2 ).
// An occurrence is every user or item token in the prompt and in the main text
// of an example, counted as often as it stands there, and each target of the
// multinomial objective when Targets is set.
//
// paper: Coefficient lambda/2, ExampleMean. code: Coefficient lambda, BatchSum.
type Prior struct {
	Toward      string    // name of the other tower; "" means zero
	Coefficient float64   // >= 0
	Reduction   Reduction // ExampleMean or BatchSum
	Targets     bool      // multinomial targets count as occurrences
	// MentionedOnly leaves out every token that no training step of the other
	// tower has mentioned (in a prompt, a main text or as a target): that tower
	// knows nothing of it but its random start. It needs Toward.
	MentionedOnly bool
	// Residual penalises the residuals delta_j of item tokens that are a map of features
	// (ItemMapper) instead: z_j is pulled toward W g_j, which has no gradient from it.
	// User tokens have no part. It goes without Toward, and with towers that have a map.
	Residual bool
}

// ModelDropout takes the model's own rates of dropout.
const ModelDropout = -1.0

// TrainSpec is one pass of a tower over examples. With loss L of a batch as
// above plus its priors, each batch is one Adam step (betas 0.9 and 0.999,
// eps 1e-8, dense moments as in torch.optim.Adam) on the tower's user and item
// embeddings and what else trains with it (TowerSpec.Train).
type TrainSpec struct {
	Tower     string
	Objective Objective
	Reduction Reduction // TokenMean not for Multinomial
	// Extended predicts main tokens, words, users and items alike, by one softmax over the
	// whole vocabulary, softmax([Z^t; Z^u; Z^v] h) over N+I+J tokens, where NextItem and
	// NextWord otherwise predict items among items and words among words. Not for
	// Multinomial, nor for a tower whose items have biases. It needs CapabilityExtendedHead.
	Extended bool
	Priors   []Prior
	// PredictFirst: the first main token is predicted too, from the prompt's
	// last token (paper); otherwise the shift is inside the main text (code).
	PredictFirst bool
	Batch        int     // examples per step, > 0; the last batch may be smaller
	LearningRate float64 // Adam's learning rate, > 0
	Dropout      float64 // in [0, 1), or ModelDropout
	Seed         uint64  // of dropout
	// Clip is the maximum of the norm of all gradients together: above it they
	// are scaled by Clip/(norm + 1e-6), as torch.nn.utils.clip_grad_norm_ does; 0
	// is no clipping.
	MaxGradNorm float64
	// Decay is the weight decay of AdamW: before its step every trained weight is
	// multiplied by 1 - rate*Decay, with the rate of that step; 0 is none.
	WeightDecay float64
	Schedule    Schedule // of Rate
	// FreshOptimiser forgets Adam's moments and step count before the pass.
	FreshOptimiser bool
	// FirstStep is how many steps of the pass earlier calls took, >= 0. A pass may be
	// cut into calls anywhere between two batches: step n of it has the same rate,
	// dropout and number in messages as in one call. FreshOptimiser is for the first
	// call alone.
	FirstStep int64
}

// LearningRateAt is the learning rate after so many steps of the call.
func (s TrainSpec) LearningRateAt(steps int64) float64 {
	return s.Schedule.Rate(s.LearningRate, s.Schedule.Start+s.FirstStep+steps)
}

// Step is the number of a step in the pass, from 1, after so many steps of the call.
func (s TrainSpec) Step(steps int64) int64 { return s.FirstStep + steps + 1 }

// TrainResult is what one pass saw; losses are means over the steps.
type TrainResult struct {
	Steps int64
	// MicroBatches is the number of forward and backward passes: Steps, unless
	// batches were cut to fit into memory.
	MicroBatches int64
	Examples     int64
	Tokens       int64   // tokens of prompts and main texts, without padding
	Predicted    int64   // predicted tokens or targets
	Loss         float64 // Data + the priors, as optimised
	Data         float64 // mean over steps of the reduced data loss
	Priors       []float64
	// PeakMemory is the most memory that the device gave to the process during
	// the pass, in bytes; 0 is unknown.
	PeakMemory int64
}

// ScoreSpec is one measurement of examples under a tower.
type ScoreSpec struct {
	Tower        string
	Objective    Objective // NextItem or NextWord
	Extended     bool      // as in TrainSpec
	PredictFirst bool
	Batch        int
}

package lm

import (
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Shape is what the engine must know about a model.
type Shape struct {
	Architecture string
	Words        int // N, rows of the word embedding
	Hidden       int // K
	Layers       int
	MaxLength    int // tokens of one sequence; of an encoder-decoder, on each side
	// Separate: an encoder-decoder. The prompt goes to the encoder; the decoder
	// reads the word Start and then the main text.
	Separate bool
	Start    int
	// Whole: hidden states depend on the length of the whole text, so that a last
	// token is read too which nothing follows.
	Whole bool
}

// Architecture reads models of one kind. A backbone plugin is one of these.
type Architecture interface {
	// Name is the plugin's.
	Name() string
	// Read understands a configuration, with no weights at hand.
	Read(config *hf.Fields) (Definition, error)
}

// Definition is a model that is not yet on a device.
type Definition interface {
	Shape() Shape
	// Rates are the model's own dropout rates.
	Rates() nn.Dropout
	// Layout lists every weight.
	Layout() hf.Layout
	// Assemble makes a model of weights. It derives nothing from their numbers, for
	// they train. Tables that it computes of the configuration belong to the scope.
	Assemble(s *torch.Scope, w *nn.Weights) Model
}

// Model is a language model over weights on a device.
type Model interface {
	// Words is Z^t [N,K], the input embedding of words, with N the VocabSize.
	Words() *torch.Tensor
	// Head is the word head.
	Head() Head
	// Forward maps input embeddings to last hidden states of in.Rows: [R,K].
	Forward(s *torch.Scope, in Input, d *nn.Dropout) *torch.Tensor
}

// Head predicts by softmax(Scale * Table h). The item head is the tower's item
// table under the same scale: what the model would compute had its vocabulary
// been extended by the items.
type Head struct {
	Table *torch.Tensor // [N,K]
	Scale float64
}

// Input is a batch of packed sequences.
type Input struct {
	X    *torch.Tensor // [S,K], of the decoder, or of the only stack
	Text *nn.Sequences // where sequences begin in X
	// Source [P,K] and From are the encoder's; nil in a decoder-only model.
	Source *torch.Tensor
	From   *nn.Sequences
	// Rows of X whose last hidden states are wanted, ascending; nil is all. The
	// last layer computes no more than that.
	Rows []int64
	// Checkpoint: layers are computed again in the backward pass instead of kept.
	Checkpoint bool
}

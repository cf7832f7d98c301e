package lm

import (
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// Shape is what the engine must know about a model.
type Shape struct {
	Architecture string
	Words        int // N
	Hidden       int // K
	Layers       int
	MaxLength    int // tokens of one sequence
	Parameters   int64
	Heads, Inner int // of attention; width of the feed-forward layer
}

// Model is a decoder-only language model whose weights lie on a device.
type Model interface {
	Shape() Shape
	// Words is Z^t [N,K], input embedding and head.
	Words() *torch.Tensor
	// Forward maps input embeddings x [S,K] of packed sequences to the last
	// hidden states of some rows, [len(rows),K], or of all when rows is nil: the
	// last layer computes no more than that. A nil Dropout drops nothing.
	Forward(s *torch.Scope, x *torch.Tensor, q *nn.Sequences, d *nn.Dropout, rows []int64) *torch.Tensor
	// Rates are the model's own dropout rates.
	Rates() nn.Dropout
	// Kernel is how the model computes attention.
	Kernel() nn.Kernel
}

// Architecture reads models of one kind.
type Architecture interface {
	// Load reads a folder's weights into tensors of the scope, on its device, and
	// names the files it read. attention is a kernel's name or "auto".
	Load(s *torch.Scope, folder, attention string) (Model, []string, error)
}

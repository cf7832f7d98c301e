package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// model is BERT4Rec (Sun et al. 2019, "BERT4Rec: Sequential Recommendation with
// Bidirectional Encoder Representations from Transformer") with K columns, over S
// items of the batch's sequences, M of them masked.
type model struct {
	Params
	data  *neural.Data
	users []int32 // with two items or more
}

// Prepare checks the order.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users = d, d.UsersWith(2)
	return m.Order.Check(d.X, d.Times)
}

func (m *model) blocks() neural.Blocks {
	return neural.Blocks{Name: "block", Count: m.Blocks, Heads: m.Heads, Width: m.Dim, Inner: 4 * m.Dim, Dropout: m.Dropout,
		Activation: torch.GELU, Init: neural.Normal(.02), Epsilon: 1e-12}
}

// Declare names the weights. Mask stands for a masked item.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Dense("items", neural.Normal(.02), size.Items, m.Dim)
	p.Dense("mask", neural.Normal(.02), 1, m.Dim)
	p.Dense("positions", neural.Normal(.02), m.Length, m.Dim)
	m.blocks().Declare(p)
	p.Dense("head.weight", neural.Normal(.02), m.Dim, m.Dim)
	p.Dense("head.bias", neural.Constant(0), m.Dim)
	p.Dense("bias", neural.Constant(0), size.Items, 1)
}

// Phases: an example is a user.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the mean over masked items of -ln softmax(..)_item (eq. 8).
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	var sequences, targets [][]int32
	var masked []int64
	n := int64(0)
	for _, row := range m.data.Rows(neural.Of(m.users, examples)) {
		sequence := neural.Last(m.Order.Arrange(row, s.Seed, s.Epoch), m.Length)
		for _, at := range m.choose(s.Draws, len(sequence)) {
			masked, targets = append(masked, n+int64(at)), append(targets, sequence[at:at+1])
		}
		sequences, n = append(sequences, sequence), n+int64(len(sequence))
	}
	h := s.Rows(m.encode(s, s.Pack(sequences), masked), s.Ints(masked, int64(len(masked)))) // [M,K]
	return s.Scale(s.SoftmaxOver(m.head(s, h), m.table(s), targets), 1/float64(len(targets)))
}

// choose are the places of a sequence that are masked, at least one.
func (m *model) choose(d *neural.Draws, length int) (places []int) {
	if d.Float64() < m.Last {
		return []int{length - 1}
	}
	for at := range length {
		if d.Float64() < m.Mask {
			places = append(places, at)
		}
	}
	if places == nil {
		places = []int{d.Below(length)}
	}
	return places
}

// encode is H^L of section 3: embeddings with masked rows replaced, then the blocks.
func (m *model) encode(s *neural.Step, q neural.Packed, masked []int64) *torch.Tensor {
	n := int64(len(masked))
	x := s.PutRows(s.LookUp("items", q.Items), s.Ints(masked, n), s.Expand(s.P("mask"), n, int64(m.Dim))) // [S,K]
	x = s.Add(x, s.Rows(s.P("positions"), q.Positions))                                                   // [S,K]
	return m.blocks().Apply(s, s.Drop(x, m.Dropout), q)                                                   // [S,K]
}

// head is GELU(h W + b) with a one behind it (eq. 7): [M,K] -> [M,K+1].
func (m *model) head(s *neural.Step, h *torch.Tensor) *torch.Tensor {
	return s.Ones(s.Activate(s.Linear("head", h), torch.GELU))
}

// table is the embeddings of the items beside their biases, [items,K+1].
func (m *model) table(s *neural.Step) *torch.Tensor { return s.Join(1, s.P("items"), s.P("bias")) }

// Score is the head at a masked item behind the history.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	sequences, masked := make([][]int32, len(queries)), make([]int64, len(queries))
	n := int64(0)
	for i, q := range queries {
		history := neural.Last(m.Order.Arrange(q.History, s.Seed, 0), m.Length-1)
		sequences[i] = append(append([]int32{}, history...), 0) // any item: it is masked
		masked[i] = n + int64(len(history))
		n += int64(len(sequences[i]))
	}
	h := s.Rows(m.encode(s, s.Pack(sequences), masked), s.Ints(masked, int64(len(masked)))) // [B,K]
	return s.MatMul(m.head(s, h), s.Transpose(m.table(s), 0, 1))                            // [B,items]
}

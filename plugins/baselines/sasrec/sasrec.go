package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// model is SASRec (Kang & McAuley 2018, "Self-Attentive Sequential Recommendation")
// with K columns, over S items of the batch's sequences. Under ce, or where
// asked for, its item table is moved as a whole, else by the rows that a step looked up.
type model struct {
	Params
	data    *neural.Data
	users   []int32 // with two items or more
	seen    [][]int32
	sampler *neural.Sampler
	initial neural.Init // of the item table
}

// Prepare checks the order and the features.
func (m *model) Prepare(d *neural.Data) error {
	if err := m.Order.Check(d.X, d.Times); err != nil {
		return err
	}
	m.data, m.users, m.seen, m.sampler = d, d.UsersWith(2), d.SortedRows(), neural.NewSampler(d, m.Popularity)
	m.initial = neural.Normal(.02)
	if !m.Features {
		return nil
	}
	vectors, err := d.ItemVectors(m.Dim)
	m.initial = neural.Values(vectors)
	return err
}

func (m *model) blocks() neural.Blocks {
	return neural.Blocks{Name: "block", Count: m.Blocks, Heads: m.Heads, Width: m.Dim, Inner: m.Dim, Dropout: m.Dropout,
		Causal: true, NormFirst: true, Activation: torch.ReLU, Init: neural.Xavier(), Epsilon: 1e-8}
}

// Declare names the weights.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Embeddings("items", m.initial, size.Items, m.Dim, m.Objective == "ce" || m.Dense)
	p.Dense("positions", neural.Normal(.02), m.Length, m.Dim)
	m.blocks().Declare(p)
}

// Phases: an example is a user.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss lets every item of a sequence but the last predict the next one.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	users := neural.Of(m.users, examples)
	var read, next [][]int32
	for _, row := range m.data.Rows(users) {
		sequence := neural.Last(m.Order.Arrange(row, s.Seed, s.Epoch), m.Length+1)
		read, next = append(read, sequence[:len(sequence)-1]), append(next, sequence[1:])
	}
	h := m.encode(s, s.Pack(read)) // [S,K]
	switch m.Objective {
	case "ce":
		return s.NextOfAll(h, "items", next) // Klenitskiy & Vasilev 2023
	case "sampled":
		return s.NextOfSampled(h, "items", next, m.sampler, m.negatives())
	}
	return m.oneByOne(s, h, users, next)
}

// encode is F^(b) of section 3: item and position embeddings, then the blocks.
func (m *model) encode(s *neural.Step, q neural.Packed) *torch.Tensor {
	x := s.Add(s.LookUp("items", q.Items), s.Rows(s.P("positions"), q.Positions)) // [S,K]
	return m.blocks().Apply(s, s.Drop(x, m.Dropout), q)                           // [S,K]
}

// oneByOne is binary cross-entropy (eq. 7) or, with a power of the positives'
// probability, gBCE (Petrov & Macdonald 2023); negatives are outside of the history.
func (m *model) oneByOne(s *neural.Step, h *torch.Tensor, users []int32, next [][]int32) *torch.Tensor {
	k, beta := m.negatives(), 1.
	if m.Objective == "gbce" {
		beta = neural.GBCE(s.Sizes.Items, k, m.Calibration)
	}
	var targets, others []int64
	for i, row := range next {
		for _, item := range row {
			targets = append(targets, int64(item))
			for range k {
				others = append(others, int64(m.sampler.Outside(s.Draws, m.seen[users[i]])))
			}
		}
	}
	positive := s.Dots(h, s.LookUp("items", targets)) // [S,1]
	negative := s.Dots(h, s.LookUp("items", others))  // [S,k]
	return s.BinaryCrossEntropy(positive, negative, beta)
}

// Score is E h of the last item.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	sequences := neural.Histories(queries)
	for i, history := range sequences {
		sequences[i] = neural.Last(m.Order.Arrange(history, s.Seed, 0), m.Length)
	}
	h := s.Represent(sequences, m.Dim, func(q neural.Packed) *torch.Tensor { return m.encode(s, q) }) // [B,K]
	return s.Scores(h, "items")                                                                       // [B,items]
}

package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Dim          int     `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=size of the vectors of users and items"`
	Layers       int     `json:"layers" jsonschema:"default=3,minimum=0,maximum=8,description=steps through the graph; 0 is matrix factorisation"`
	Reg          float64 `json:"reg" jsonschema:"default=0.0001,minimum=0,description=weight of the squared lengths of a step's own vectors before they pass through the graph"`
	Batch        int     `json:"batch" jsonschema:"default=2048,minimum=1,description=interactions of a step"`
	LearningRate float64 `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "lightgcn", Version: "1.0.0", Semantics: semantics,
			Summary: "Light graph convolution over the graph of users and items, with a BPR loss (LightGCN)",
			Check:   contract.Check{Params: []byte(`{"dim": 8, "layers": 2, "batch": 8, "learning_rate": 0.02}`), Epochs: 30},
		},
		New: func(p Params) neural.Model { return &model{Params: p} },
	})
}

// model is LightGCN (He et al. 2020, "LightGCN: Simplifying and Powering Graph
// Convolution Network for Recommendation"): U users and I items are the nodes of a
// graph, with vectors of K numbers.
type model struct {
	Params
	data   *neural.Data
	users  []int32 // of every interaction
	sorted [][]int32
	items  *neural.Sampler
	graph  *graph // nil after Load alone: ranking reads what was propagated
	size   neural.Sizes
}

// Prepare makes the graph.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users, m.sorted, m.items = d, d.Owners(), d.SortedRows(), neural.NewSampler(d, 0)
	m.graph = newGraph(d.X)
	return nil
}

// Declare names the vectors of all nodes, users before items: E0, which is trained,
// and what becomes of it in the graph.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	m.size = size
	p.Dense("nodes", neural.Normal(.1), size.Users+size.Items, m.Dim)
	p.Buffer("users", size.Users, m.Dim)
	p.Buffer("items", size.Items, m.Dim)
}

// Phases: an example is an interaction.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the mean over interactions (u, i) with one drawn item j that u does not have
// of -ln s(e_u e_i - e_u e_j) + reg/2 (|e0_u|^2 + |e0_i|^2 + |e0_j|^2) (eq. 15, of
// which a step takes the lengths of its own nodes).
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	users := neural.Wide(neural.Of(m.users, examples))
	liked := m.nodes(neural.Wide(neural.Of(m.data.X.Index, examples)))
	other := m.nodes(m.items.Against(s.Draws, m.sorted, users, 1))
	e := m.propagate(s)                                                                                               // [U+I,K]
	pick := func(from *torch.Tensor, ids []int64) *torch.Tensor { return s.Rows(from, s.Ints(ids, int64(len(ids)))) } // [B,K]
	eu := pick(e, users)
	loss := s.Pairwise(s.Dots(eu, pick(e, liked)), s.Dots(eu, pick(e, other))) // scalar
	for _, ids := range [][]int64{users, liked, other} {
		loss = s.Add(loss, s.Scale(s.MeanSquare(pick(s.P("nodes"), ids)), m.Reg/2))
	}
	return loss
}

// nodes are those of items.
func (m *model) nodes(items []int64) []int64 {
	for i := range items {
		items[i] += int64(m.size.Users)
	}
	return items
}

// propagate is E = (E0 + A E0 + ... + A^L E0) / (L+1) (eqs. 7, 8 and 4).
func (m *model) propagate(s *neural.Step) *torch.Tensor {
	a := m.graph.tensors(s)
	return s.Symmetric("nodes", func(e *torch.Tensor) *torch.Tensor { // [U+I,K]
		sum := e
		for range m.Layers {
			e = s.Bag(e, a.index, a.starts, a.weights) // [U+I,K]
			sum = s.Add(sum, e)
		}
		return s.Scale(sum, 1/float64(m.Layers+1))
	})
}

// Finish keeps the propagated vectors for ranking.
func (m *model) Finish(s *neural.Step) {
	e := m.propagate(s) // [U+I,K]
	s.SetBuffer("users", s.Narrow(e, 0, 0, int64(m.size.Users)))
	s.SetBuffer("items", s.Narrow(e, 0, int64(m.size.Users), int64(m.size.Items)))
}

// Score is e_u e_i for every item.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	return s.Scores(s.LookUp("users", neural.Users(queries)), "items") // [B,items]
}

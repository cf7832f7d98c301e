package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Dim            int     `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=size of the vectors of users and items"`
	Share          float64 `json:"share" jsonschema:"default=0.5,minimum=0,maximum=1,description=share of a user's own vector; the rest is the history's"`
	Negatives      int     `json:"negatives" jsonschema:"default=100,minimum=1,maximum=10000,description=items drawn against each interaction"`
	Margin         float64 `json:"margin" jsonschema:"default=0.9,minimum=0,maximum=1,description=cosine below which a drawn item is far enough"`
	NegativeWeight float64 `json:"negative_weight" jsonschema:"default=150,exclusiveMinimum=0,description=weight of the mean over the drawn items"`
	Reg            float64 `json:"reg" jsonschema:"default=0,minimum=0,description=weight of the squared lengths of the vectors of a step's users and liked items"`
	Batch          int     `json:"batch" jsonschema:"default=1024,minimum=1,description=interactions of a step"`
	LearningRate   float64 `json:"learning_rate" jsonschema:"default=0.0001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "simplex", Version: "1.0.0", Semantics: semantics,
			Summary: "Cosine contrastive loss with many negatives over user and history vectors (SimpleX)",
			Check:   contract.Check{Params: []byte(`{"dim": 8, "negatives": 8, "margin": 0.3, "negative_weight": 10, "batch": 8, "learning_rate": 0.01}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityUser: "users", contract.EntityItem: "items"},
	})
}

// model is SimpleX (Mao et al. 2021, "SimpleX: A Simple and Strong Baseline for
// Collaborative Filtering") with average pooling of histories and vectors of K
// numbers.
type model struct {
	Params
	data   *neural.Data
	users  []int32 // of every interaction
	sorted [][]int32
	items  *neural.Sampler
}

// Prepare readies the draws of negatives.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users, m.sorted, m.items = d, d.Owners(), d.SortedRows(), neural.NewSampler(d, 0)
	return nil
}

// Declare names two tables and the matrix that brings a history to users.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Table("users", neural.Normal(.1), size.Users, m.Dim)
	p.Table("items", neural.Normal(.1), size.Items, m.Dim)
	p.Dense("history", neural.Xavier(), m.Dim, m.Dim)
}

// Phases: an example is an interaction.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the mean over interactions (u, i) with N drawn items j that u does not have
// of (1 - cos(h_u, e_i)) + w/N sum_j max(0, cos(h_u, e_j) - margin) (eq. 2).
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	users := neural.Of(m.users, examples)
	eu, h := m.user(s, neural.Wide(users), m.data.Rows(users))                // [B,K]
	ei := s.LookUp("items", neural.Wide(neural.Of(m.data.X.Index, examples))) // [B,K]
	drawn, at := neural.Distinct(m.items.Against(s.Draws, m.sorted, neural.Wide(users), m.Negatives))
	ej := s.Rows(s.Unit(s.LookUp("items", drawn)), s.Ints(at, int64(len(at)))) // [B*N,K], of length 1
	liked := s.Dots(h, s.Unit(ei))                                             // [B,1]
	far := s.AtLeast(s.Shift(s.Dots(h, ej), -m.Margin), 0)                     // [B,N]
	n := float64(len(examples))
	loss := s.Shift(s.Scale(s.Sum(liked), -1/n), 1)
	loss = s.Add(loss, s.Scale(s.Sum(s.SumLast(far)), m.NegativeWeight/(n*float64(m.Negatives))))
	return s.Add(loss, s.Scale(s.Add(s.MeanSquare(eu), s.MeanSquare(ei)), m.Reg/2))
}

// user is e_u, and h_u = share e_u + (1 - share) V mean of the history's vectors (eq. 4),
// brought to length 1.
func (m *model) user(s *neural.Step, users []int64, histories [][]int32) (e, h *torch.Tensor) {
	e = s.LookUp("users", users)                                      // [B,K]
	history := s.MatMul(s.MeanOf("items", histories), s.P("history")) // [B,K]
	return e, s.Unit(s.Add(s.Scale(e, m.Share), s.Scale(history, 1-m.Share)))
}

// Score is cos(h_u, e_i).
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	_, h := m.user(s, neural.Users(queries), neural.Histories(queries)) // [B,K]
	return s.MatMul(h, s.Transpose(s.Unit(s.P("items")), 0, 1))         // [B,items]
}

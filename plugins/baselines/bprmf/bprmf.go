package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Dim          int     `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=size of the vectors of users and items"`
	Biases       bool    `json:"biases" jsonschema:"default=true,description=every item has a bias"`
	Negatives    int     `json:"negatives" jsonschema:"default=1,minimum=1,maximum=10000,description=items drawn against each interaction"`
	Popularity   float64 `json:"popularity" jsonschema:"default=0,minimum=0,maximum=1,description=negatives are drawn in proportion to their count to this power: 0 is uniform and 1 popularity"`
	Reg          float64 `json:"reg" jsonschema:"default=0.01,minimum=0,description=weight of the squared lengths of a step's own vectors"`
	Init         float64 `json:"init" jsonschema:"default=0.01,exclusiveMinimum=0,description=standard deviation of the first vectors"`
	Batch        int     `json:"batch" jsonschema:"default=1024,minimum=1,description=interactions of a step"`
	LearningRate float64 `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 2

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "bprmf", Version: "1.0.0", Semantics: semantics,
			Summary: "Matrix factorisation with Bayesian personalised ranking (BPR-MF)",
			Check:   contract.Check{Params: []byte(`{"dim": 8, "batch": 8, "learning_rate": 0.02}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityUser: "users", contract.EntityItem: "items"},
	})
}

// model is BPR-MF (Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from
// Implicit Feedback") with vectors of K numbers.
type model struct {
	Params
	data   *neural.Data
	users  []int32 // of every interaction
	sorted [][]int32
	items  *neural.Sampler
}

// Prepare readies the draws of negatives.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users, m.sorted, m.items = d, d.Owners(), d.SortedRows(), neural.NewSampler(d, m.Popularity)
	return nil
}

// Declare names the two tables. With biases the last column of items is one.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Table("users", neural.Normal(m.Init), size.Users, m.Dim)
	if m.Biases {
		p.Table("items", neural.WithBias(neural.Normal(m.Init)), size.Items, m.Dim+1)
		return
	}
	p.Table("items", neural.Normal(m.Init), size.Items, m.Dim)
}

// Phases: an example is an interaction.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the mean over interactions (u, i) and drawn items j that u does not have of
// -ln s(x_ui - x_uj) + reg/2 (|p_u|^2 + |q_i|^2 + |q_j|^2) (section 4.3.1).
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	users := neural.Wide(neural.Of(m.users, examples))
	p := s.LookUp("users", users)                                                   // [B,K]
	qi := s.LookUp("items", neural.Wide(neural.Of(m.data.X.Index, examples)))       // [B,K+1]
	qj := s.LookUp("items", m.items.Against(s.Draws, m.sorted, users, m.Negatives)) // [B*N,K+1]
	h := m.beside(s, p)                                                             // [B,K+1]
	loss := s.Pairwise(s.Dots(h, qi), s.Dots(h, qj))                                // scalar
	lengths := s.Add(s.Add(s.MeanSquare(p), s.MeanSquare(qi)), s.MeanSquare(qj))
	return s.Add(loss, s.Scale(lengths, m.Reg/2))
}

// beside puts a one behind the users' vectors where items have a bias.
func (m *model) beside(s *neural.Step, p *torch.Tensor) *torch.Tensor {
	if m.Biases {
		return s.Ones(p)
	}
	return p
}

// Score is x_u = q p_u + b.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	p := s.LookUp("users", neural.Users(queries)) // [B,K]
	return s.Scores(m.beside(s, p), "items")      // [B,items]
}

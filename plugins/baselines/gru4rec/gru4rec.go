package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline/order"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Dim          int         `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=width of item embeddings and of the state"`
	Length       int         `json:"length" jsonschema:"default=50,minimum=1,maximum=10000,description=last items of a history that are read"`
	Dropout      float64     `json:"dropout" jsonschema:"default=0.3,minimum=0,exclusiveMaximum=1,description=of embeddings and of states"`
	Objective    string      `json:"loss" jsonschema:"default=ce,enum=ce,enum=sampled,description=ce: softmax over all items; sampled: softmax over sampled items with logQ correction"`
	Negatives    int         `json:"negatives" jsonschema:"default=256,minimum=1,description=sampled items of a step"`
	Popularity   float64     `json:"popularity" jsonschema:"default=0.75,minimum=0,maximum=1,description=items are sampled by their count to this power"`
	Order        order.Order `json:"order" jsonschema:"default=time,enum=time,enum=history,enum=index,enum=shuffled,description=of a history: time needs times in the data; history is the order of the data; index leaks where items were numbered user by user; shuffled is none"`
	Batch        int         `json:"batch" jsonschema:"default=128,minimum=1,description=users of a step"`
	LearningRate float64     `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "gru4rec", Version: "1.0.0", Semantics: semantics,
			Summary:      "Gated recurrent units over the last items of a history (GRU4Rec)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilityOrder},
			// The histories of a check have no order to learn from.
			Check: contract.Check{Params: []byte(`{"dim": 16, "length": 12, "dropout": 0.1, "batch": 8, "learning_rate": 0.02, "order": "shuffled"}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "items"},
	})
}

// model is GRU4Rec (Hidasi et al. 2016, "Session-based Recommendations with Recurrent
// Neural Networks") with one table E of K columns for input and output (Hidasi &
// Karatzoglou 2018, constrained embeddings), over S items of the batch's sequences.
type model struct {
	Params
	data    *neural.Data
	users   []int32 // with two items or more
	sampler *neural.Sampler
}

// Prepare checks the order.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users, m.sampler = d, d.UsersWith(2), neural.NewSampler(d, m.Popularity)
	return m.Order.Check(d.X, d.Times)
}

// Declare names the weights. Under ce the item table is moved as a whole, else by the
// rows that a step looked up.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	if m.Objective == "ce" {
		p.Dense("items", neural.Normal(.05), size.Items, m.Dim)
	} else {
		p.Table("items", neural.Normal(.05), size.Items, m.Dim)
	}
	neural.DeclareGRU(p, "gru", m.Dim, m.Dim)
}

// Phases: an example is a user.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss lets every item of a sequence but the last predict the next one.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	var read, next [][]int32
	for _, row := range m.data.Rows(neural.Of(m.users, examples)) {
		sequence := neural.Last(m.Order.Arrange(row, s.Seed, s.Epoch), m.Length+1)
		read, next = append(read, sequence[:len(sequence)-1]), append(next, sequence[1:])
	}
	h := m.encode(s, s.Pack(read)) // [S,K]
	if m.Objective == "ce" {
		return s.NextOfAll(h, "items", next)
	}
	return s.NextOfSampled(h, "items", next, m.sampler, m.Negatives)
}

// encode is the state after each item.
func (m *model) encode(s *neural.Step, q neural.Packed) *torch.Tensor {
	x := s.Drop(s.LookUp("items", q.Items), m.Dropout) // [S,K]
	return s.Drop(s.Recur("gru", x, q), m.Dropout)     // [S,K]
}

// Score is E h after the last item.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	sequences := neural.Histories(queries)
	for i, history := range sequences {
		sequences[i] = neural.Last(m.Order.Arrange(history, s.Seed, 0), m.Length)
	}
	h := s.Represent(sequences, m.Dim, func(q neural.Packed) *torch.Tensor { return m.encode(s, q) }) // [B,K]
	return s.Scores(h, "items")                                                                       // [B,items]
}

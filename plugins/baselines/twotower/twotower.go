package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Embedding    int     `json:"embedding" jsonschema:"default=64,minimum=1,maximum=4096,description=size of the embeddings that the towers begin with"`
	Hidden       int     `json:"hidden" jsonschema:"default=128,minimum=1,maximum=8192,description=width of the hidden layer of each tower"`
	Dim          int     `json:"dim" jsonschema:"default=64,minimum=1,maximum=4096,description=size of the vectors that the towers give"`
	Temperature  float64 `json:"temperature" jsonschema:"default=0.1,exclusiveMinimum=0,maximum=10,description=by which the cosines are divided"`
	LogQ         bool    `json:"logq" jsonschema:"default=true,description=take the logarithm of an item's probability of being in a batch from its score in training"`
	Batch        int     `json:"batch" jsonschema:"default=1024,minimum=2,description=interactions of a step: the items of the others are the negatives"`
	LearningRate float64 `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "twotower", Version: "1.0.0", Semantics: semantics,
			Summary:      "Two towers, of histories and of items with their features, by an in-batch softmax with logQ correction",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilityFeatures},
			Check:        contract.Check{Params: []byte(`{"embedding": 16, "hidden": 32, "dim": 16, "batch": 32, "learning_rate": 0.01, "temperature": 0.3}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "vectors"},
	})
}

// The towers.
const (
	query = "query"
	item  = "item"
)

// model is the two-tower model of Yi et al. 2019 ("Sampling-Bias-Corrected Neural
// Modeling for Large Corpus Item Recommendations"): embeddings of D numbers, a hidden
// layer of H, vectors of K.
type model struct {
	Params
	data     *neural.Data
	examples []int32  // places in X.Index whose user has another item too
	users    []int32  // of every place
	features features // of items; empty without
	counts   *neural.Sampler
}

// Prepare keeps the interactions that leave a history, and the features of items.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users, m.counts = d, d.Owners(), neural.NewSampler(d, 1)
	m.examples = nil
	for at, u := range m.users {
		if len(d.X.Row(int(u))) > 1 {
			m.examples = append(m.examples, int32(at))
		}
	}
	m.features = itemFeatures(d)
	d.Width = m.features.width
	return nil
}

// Declare names the weights of both towers.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Table("history", neural.Normal(.1), size.Items, m.Embedding)
	p.Table("items", neural.Normal(.1), size.Items, m.Embedding)
	for _, tower := range []string{query, item} {
		p.Dense(tower+".0.weight", neural.Xavier(), m.Embedding, m.Hidden)
		p.Dense(tower+".0.bias", neural.Constant(0), m.Hidden)
		p.Dense(tower+".1.weight", neural.Xavier(), m.Hidden, m.Dim)
		p.Dense(tower+".1.bias", neural.Constant(0), m.Dim)
	}
	if size.Width > 0 {
		p.Dense("features", neural.Xavier(), size.Width, m.Hidden)
	}
	p.Buffer("vectors", size.Items, m.Dim)
}

// Phases: an example is an interaction.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.examples), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the mean over the interactions (u, i) of a batch of
// -ln softmax_j(q_u v_j / temperature - ln Q_j)_i over the batch's items (eqs. 4 to 6).
// The history does not have i.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	places := neural.Of(m.examples, examples)
	liked := neural.Of(m.data.X.Index, places)
	q := m.query(s, m.without(neural.Of(m.users, places), liked)) // [B,K]
	v := m.item(s, neural.Wide(liked))                            // [B,K]
	logQ := make([]float32, len(liked))
	if m.LogQ {
		logQ = m.counts.LogQs(neural.Wide(liked))
	}
	return s.InBatch(s.Scale(q, 1/m.Temperature), v, neural.Wide(liked), logQ)
}

// without are the users' histories, each without one item.
func (m *model) without(users, items []int32) [][]int32 {
	histories := make([][]int32, len(users))
	for i, u := range users {
		for _, other := range m.data.X.Row(int(u)) {
			if other != items[i] {
				histories[i] = append(histories[i], other)
			}
		}
	}
	return histories
}

// query is W1 relu(W0 mean of the history's embeddings + b0) + b1, brought to length 1.
func (m *model) query(s *neural.Step, histories [][]int32) *torch.Tensor {
	x := s.Linear(query+".0", s.MeanOf("history", histories))      // [B,H]
	return s.Unit(s.Linear(query+".1", s.Activate(x, torch.ReLU))) // [B,K]
}

// item is the same of an item's embedding, to whose hidden layer features add F W.
func (m *model) item(s *neural.Step, items []int64) *torch.Tensor {
	x := s.Linear(item+".0", s.LookUp("items", items)) // [B,H]
	if s.Sizes.Width > 0 {
		x = s.Add(x, m.features.times(s, "features", items)) // [B,H]
	}
	return s.Unit(s.Linear(item+".1", s.Activate(x, torch.ReLU))) // [B,K]
}

// block is how many items are sent through their tower at a time.
const block = 8192

// Finish keeps the items' vectors for ranking.
func (m *model) Finish(s *neural.Step) {
	var parts []*torch.Tensor
	for lo := 0; lo < s.Sizes.Items; lo += block {
		items := make([]int64, min(block, s.Sizes.Items-lo))
		for i := range items {
			items[i] = int64(lo + i)
		}
		parts = append(parts, m.item(s, items))
	}
	s.SetBuffer("vectors", s.Join(0, parts...)) // [items,K]
}

// Score is q_u v_i.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	return s.Scores(m.query(s, neural.Histories(queries)), "vectors") // [B,items]
}

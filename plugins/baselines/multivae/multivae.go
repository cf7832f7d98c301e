package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Hidden       int     `json:"hidden" jsonschema:"default=600,minimum=1,maximum=8192,description=width of the hidden layers of encoder and decoder"`
	Latent       int     `json:"latent" jsonschema:"default=200,minimum=1,maximum=4096,description=size of a user's code z"`
	Dropout      float64 `json:"dropout" jsonschema:"default=0.5,minimum=0,exclusiveMaximum=1,description=share of a user's items that the encoder does not see in a step"`
	Beta         float64 `json:"beta" jsonschema:"default=0.2,minimum=0,maximum=1,description=weight of the KL term once it is annealed"`
	AnnealSteps  int     `json:"anneal_steps" jsonschema:"default=20000,minimum=0,description=steps in which the weight of the KL term would rise from 0 to 1; it stops at beta"`
	Batch        int     `json:"batch" jsonschema:"default=500,minimum=1,description=users of a step"`
	LearningRate float64 `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "multivae", Version: "1.0.0", Semantics: semantics,
			Summary:      "Variational autoencoder with a multinomial likelihood (Multi-VAE)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn},
			Check:        contract.Check{Params: []byte(`{"hidden": 24, "latent": 8, "batch": 8, "anneal_steps": 1000, "learning_rate": 0.01}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "decoder.1"},
	})
}

// model is Multi-VAE (Liang et al. 2018, "Variational Autoencoders for Collaborative
// Filtering"): H hidden units, codes of Z numbers.
type model struct {
	Params
	data  *neural.Data
	users []int32 // with a history
}

// Prepare keeps the users with a history.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users = d, d.UsersWith(1)
	return nil
}

// Declare names the weights. The last column of the decoder's table is its bias.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Dense("encoder.0.weight", neural.Xavier(), size.Items, m.Hidden)
	p.Dense("encoder.0.bias", neural.Normal(.001), m.Hidden)
	p.Dense("encoder.1.weight", neural.Xavier(), m.Hidden, 2*m.Latent)
	p.Dense("encoder.1.bias", neural.Normal(.001), 2*m.Latent)
	p.Dense("decoder.0.weight", neural.Xavier(), m.Latent, m.Hidden)
	p.Dense("decoder.0.bias", neural.Normal(.001), m.Hidden)
	p.Dense("decoder.1", neural.WithBias(neural.Xavier()), size.Items, m.Hidden+1)
}

// Phases: an example is a user.
func (m *model) Phases(int) []neural.Phase {
	return []neural.Phase{{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate}}
}

// Loss is the negative evidence lower bound with a KL term of weight beta (eq. 5):
// -sum_i x_i ln softmax(f(z))_i + beta KL(q(z|x) || N(0, I)), the mean over users.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	rows := m.data.Rows(neural.Of(m.users, examples))
	n := int64(len(rows))
	mean, logVariance := m.encode(s, rows)
	deviation := s.Exp(s.Scale(logVariance, .5))                           // [B,Z]
	z := s.Add(mean, s.Mul(deviation, s.Noise(n, int64(m.Latent))))        // [B,Z]
	miss := s.SoftmaxLoss(m.decode(s, z), "decoder.1", rows)               // scalar
	variance := s.Exp(logVariance)                                         // [B,Z]
	far := s.Sub(s.Add(variance, s.Square(mean)), s.Shift(logVariance, 1)) // [B,Z]
	kl := s.Scale(s.Sum(s.SumLast(far)), .5)                               // scalar
	return s.Scale(s.Add(miss, s.Scale(kl, m.weight(s.Number))), 1/float64(n))
}

// weight is that of the KL term after so many steps (section 2.2.2).
func (m *model) weight(steps int64) float64 {
	if m.AnnealSteps == 0 {
		return m.Beta
	}
	return min(m.Beta, float64(steps)/float64(m.AnnealSteps))
}

// encode gives mean and logarithm of the variance of q(z|x).
func (m *model) encode(s *neural.Step, rows [][]int32) (mean, logVariance *torch.Tensor) {
	h := s.Add(s.Encode("encoder.0.weight", rows, m.Dropout), s.P("encoder.0.bias")) // [B,H]
	q := s.Linear("encoder.1", s.Activate(h, torch.Tanh))                            // [B,2Z]
	return s.Narrow(q, 1, 0, int64(m.Latent)), s.Narrow(q, 1, int64(m.Latent), int64(m.Latent))
}

// decode gives the last hidden layer with a one behind it.
func (m *model) decode(s *neural.Step, z *torch.Tensor) *torch.Tensor {
	return s.Ones(s.Activate(s.Linear("decoder.0", z), torch.Tanh)) // [B,H+1]
}

// Score is f(z) at the mean of q(z|x).
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	mean, _ := m.encode(s, neural.Histories(queries))
	return s.Scores(m.decode(s, mean), "decoder.1") // [B,items]
}

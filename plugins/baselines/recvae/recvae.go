package main

import (
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Params are the plugin's parameters.
type Params struct {
	Hidden        int     `json:"hidden" jsonschema:"default=600,minimum=1,maximum=8192,description=width of the encoder's layers"`
	Latent        int     `json:"latent" jsonschema:"default=200,minimum=1,maximum=4096,description=size of a user's code z"`
	Dropout       float64 `json:"dropout" jsonschema:"default=0.5,minimum=0,exclusiveMaximum=1,description=share of a user's items that the encoder does not see when it is trained"`
	Gamma         float64 `json:"gamma" jsonschema:"default=0.005,minimum=0,description=weight of the KL term for each item that a user has"`
	EncoderPasses int     `json:"encoder_passes" jsonschema:"default=3,minimum=1,maximum=100,description=passes of an epoch that train the encoder"`
	DecoderPasses int     `json:"decoder_passes" jsonschema:"default=1,minimum=1,maximum=100,description=passes of an epoch that train the decoder"`
	Batch         int     `json:"batch" jsonschema:"default=500,minimum=1,description=users of a step"`
	LearningRate  float64 `json:"learning_rate" jsonschema:"default=0.0005,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "recvae", Version: "1.0.0", Semantics: semantics,
			Summary:      "Variational autoencoder with a composite prior, encoder and decoder trained in turn (RecVAE)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn},
			Check:        contract.Check{Params: []byte(`{"hidden": 16, "latent": 8, "batch": 8, "learning_rate": 0.005}`), Epochs: 30},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "decoder"},
	})
}

// The phases of an epoch, and what the names of the parameters begin with.
const (
	encoder = "encoder"
	decoder = "decoder"
	old     = "old" // the encoder of the epoch before
)

// layers are those of the encoder; epsilon is of its norms, as in the authors' code.
const (
	layers  = 5
	epsilon = .1
)

// model is RecVAE (Shenbin et al. 2020, "RecVAE: A New Variational Autoencoder for
// Top-N Recommendations with Implicit Feedback"): H hidden units, codes of Z numbers.
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

// weight is a parameter of the encoder.
type weight struct {
	name  string
	init  neural.Init
	shape []int
}

// encoderWeights are the parameters of the encoder without the prefix.
func (m *model) encoderWeights(size neural.Sizes) []weight {
	var all []weight
	linear := func(name string, in, out int) {
		all = append(all, weight{name + ".weight", neural.Xavier(), []int{in, out}}, weight{name + ".bias", neural.Normal(.001), []int{out}})
	}
	for i := range layers {
		in := m.Hidden
		if i == 0 {
			in = size.Items
		}
		linear(fmt.Sprint(i), in, m.Hidden)
		all = append(all, weight{fmt.Sprintf("norm%d.weight", i), neural.Constant(1), []int{m.Hidden}},
			weight{fmt.Sprintf("norm%d.bias", i), neural.Constant(0), []int{m.Hidden}})
	}
	linear("mean", m.Hidden, m.Latent)
	linear("variance", m.Hidden, m.Latent)
	return all
}

// Declare names the weights. The last column of the decoder's table is its bias.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	for _, w := range m.encoderWeights(size) {
		p.Dense(encoder+"."+w.name, w.init, w.shape...)
		p.Buffer(old+"."+w.name, w.shape...)
	}
	p.Dense(decoder, neural.WithBias(neural.Xavier()), size.Items, m.Latent+1)
}

// Phases: an example is a user; the encoder's passes come first (section 3.5).
func (m *model) Phases(int) []neural.Phase {
	var all []neural.Phase
	add := func(name string, passes int) {
		for range passes {
			all = append(all, neural.Phase{
				Name: name, Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate,
				Trains: func(parameter string) bool { return strings.HasPrefix(parameter, name) },
			})
		}
	}
	add(encoder, m.EncoderPasses)
	add(decoder, m.DecoderPasses)
	return all
}

// Loss is the mean over users of -sum_i x_i ln softmax(f(z))_i, to which the encoder's
// passes add gamma |x| KL(q(z|x) || p(z|x)) by one draw of z (eqs. 10 to 12). The
// decoder's see all of x, and take the code as it is.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	rows := m.data.Rows(neural.Of(m.users, examples))
	n := int64(len(rows))
	var mean, logVariance *torch.Tensor // [B,Z]
	if s.Phase == decoder {
		s.NoGrad(func() { mean, logVariance = m.encode(s, encoder, rows, 0) })
	} else {
		mean, logVariance = m.encode(s, encoder, rows, m.Dropout)
	}
	z := s.Add(mean, s.Mul(s.Exp(s.Scale(logVariance, .5)), s.Noise(n, int64(m.Latent)))) // [B,Z]
	loss := s.SoftmaxLoss(s.Ones(z), decoder, rows)                                       // scalar
	if s.Phase != decoder {
		ratio := s.Sub(m.density(s, z, mean, logVariance), m.prior(s, z, rows)) // [B,Z]
		loss = s.Add(loss, s.Sum(s.Mul(s.SumLast(ratio), s.Floats(m.scales(rows), n, 1))))
	}
	return s.Scale(loss, 1/float64(n))
}

// scales are the weights of the users' KL terms: gamma |x|.
func (m *model) scales(rows [][]int32) []float32 {
	scales := make([]float32, len(rows))
	for i, row := range rows {
		scales[i] = float32(m.Gamma * float64(len(row)))
	}
	return scales
}

// Score is f(z) at the mean of q(z|x).
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	mean, _ := m.encode(s, encoder, neural.Histories(queries), 0)
	return s.Scores(s.Ones(mean), decoder) // [B,items]
}

// Finish makes the encoder the old one.
func (m *model) Finish(s *neural.Step) {
	for _, w := range m.encoderWeights(s.Sizes) {
		s.SetBuffer(old+"."+w.name, s.P(encoder+"."+w.name))
	}
}

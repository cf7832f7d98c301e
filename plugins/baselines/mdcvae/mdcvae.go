package main

import (
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/torch"
)

// The phases of an epoch.
const (
	contentPhase = "content"
	usersPhase   = "users"
)

// model is MD-CVAE (Zhu & Chen 2022, "Mutually-Regularized Dual Collaborative
// Variational Auto-encoder for Recommendation Systems"): item embeddings V of K
// columns, user codes of Z numbers, content of F columns.
type model struct {
	Params
	data   *neural.Data
	users  []int32     // with a history
	sparse *linalg.CSR // features [items x F], where all are
	values []float32   // else [items, F], row-major
}

// Prepare needs item features.
func (m *model) Prepare(d *neural.Data) error {
	m.data, m.users = d, d.UsersWith(1)
	features, err := d.ItemFeatures()
	if err != nil {
		return err
	}
	m.sparse, m.values, d.Width, err = beside(d.Items, features)
	return err
}

// Declare names the weights. The embeddings serve the first layer of the users' encoder
// and the last of their decoder (the paper's symmetric inference); content holds the
// means of the items' content codes.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	linear := func(name string, in, out int) {
		p.Dense(name+".weight", neural.Xavier(), in, out)
		p.Dense(name+".bias", neural.Constant(0), out)
	}
	p.Dense("items", neural.Xavier(), size.Items, m.Dim)
	p.Dense("items.bias", neural.Constant(0), size.Items)
	p.Dense("encoder.0.bias", neural.Constant(0), m.Dim)
	linear("encoder.1", m.Dim, 2*m.Latent)
	linear("decoder.0", m.Latent, m.Dim)
	linear("content.encoder.0", size.Width, m.Hidden)
	linear("content.encoder.1", m.Hidden, 2*m.Dim)
	linear("content.decoder.0", m.Dim, m.Hidden)
	p.Dense("content.decoder.1", neural.WithBias(neural.Xavier()), size.Width, m.Hidden+1) // the last column is a bias
	p.Buffer("means", size.Items, m.Dim)
}

// Phases alternate: the content autoencoder over the items, then the collaborative
// one over the users, each with the other held fixed.
func (m *model) Phases(epoch int) (phases []neural.Phase) {
	content := func(name string) bool { return strings.HasPrefix(name, "content.") }
	passes := 1
	if epoch == 1 {
		passes = max(1, m.ContentFirst)
	}
	for range passes {
		phases = append(phases, neural.Phase{Name: contentPhase, Examples: m.data.Items, Batch: m.Batch, Rate: m.LearningRate, Trains: content, Finishes: true})
	}
	return append(phases, neural.Phase{Name: usersPhase, Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate,
		Trains: func(name string) bool { return !content(name) }})
}

// Loss is that of the phase.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	if s.Phase == contentPhase {
		return m.contentLoss(s, examples)
	}
	return m.userLoss(s, m.data.Rows(neural.Of(m.users, examples)))
}

// userLoss is the negative evidence lower bound of the users' rows x, and the pull of
// the embeddings toward the content: the mean over users of
// -sum_i x_i ln softmax(V h(u) + b)_i + beta KL(q(u|x) || N(0, I)), and
// lambda_V / 2 |V - means|^2 divided by the number of users.
func (m *model) userLoss(s *neural.Step, rows [][]int32) *torch.Tensor {
	n := int64(len(rows))
	mean, logVariance := m.encode(s, rows)
	u := sample(s, mean, logVariance)                                    // [B,Z]
	miss := s.SoftmaxOver(m.decode(s, u), m.table(s), rows)              // scalar
	kl := s.Scale(divergence(s, mean, logVariance), m.weight(s))         // scalar
	far := s.Sum(s.SumLast(s.Square(s.Sub(s.P("items"), s.P("means"))))) // scalar
	pull := s.Scale(far, m.Pull/2/float64(len(m.users)))
	return s.Add(s.Scale(s.Add(miss, kl), 1/float64(n)), pull)
}

// contentLoss is the negative evidence lower bound of the items' content, and the
// pull of the codes toward the embeddings: the mean over items of
// -ln p(f|z) + beta KL(q(z|f) || N(0, I)) + lambda_V / 2 |z - v|^2.
func (m *model) contentLoss(s *neural.Step, items []int32) *torch.Tensor {
	n := int64(len(items))
	mean, logVariance := m.encodeContent(s, items)
	z := sample(s, mean, logVariance)  // [B,K]
	miss := m.missContent(s, items, z) // scalar
	kl := s.Scale(divergence(s, mean, logVariance), m.ContentBeta)
	v := s.Rows(s.P("items"), s.Ints(wide(items), n)) // [B,K], which this phase does not move
	pull := s.Scale(s.Sum(s.SumLast(s.Square(s.Sub(z, v)))), m.Pull/2)
	return s.Scale(s.Add(s.Add(miss, kl), pull), 1/float64(n))
}

// missContent is -ln p(f|z) but for a constant, with g = D (tanh(W z + b), 1): for
// sparse features, which are weights of words, multinomial, |f|_1 ln sum(e^g) - f g;
// for dense ones normal with variance 1, |f - g|^2 / 2.
func (m *model) missContent(s *neural.Step, items []int32, z *torch.Tensor) *torch.Tensor {
	h := s.Ones(s.Activate(s.Linear("content.decoder.0", z), torch.Tanh)) // [B,hidden+1]
	g := s.Scores(h, "content.decoder.1")                                 // [B,F]
	if m.sparse == nil {
		return s.Scale(s.Sum(s.SumLast(s.Square(s.Sub(m.dense(s, items), g)))), .5)
	}
	own := s.SumLast(s.Mul(h, m.weigh(s, "content.decoder.1", items)))             // [B,1], f g
	all := s.Mul(s.Floats(m.weights(items), int64(len(items)), 1), s.LogSumExp(g)) // [B,1]
	return s.Sum(s.Sub(all, own))
}

// encode gives mean and logarithm of the variance of q(u|x).
func (m *model) encode(s *neural.Step, rows [][]int32) (mean, logVariance *torch.Tensor) {
	h := s.Add(s.Encode("items", rows, m.Dropout), s.P("encoder.0.bias")) // [B,K]
	return halves(s, s.Linear("encoder.1", s.Activate(h, torch.Tanh)))    // [B,Z] each
}

// encodeContent gives mean and logarithm of the variance of q(z|f).
func (m *model) encodeContent(s *neural.Step, items []int32) (mean, logVariance *torch.Tensor) {
	h := s.Add(m.weigh(s, "content.encoder.0.weight", items), s.P("content.encoder.0.bias")) // [B,hidden]
	return halves(s, s.Linear("content.encoder.1", s.Activate(h, torch.Tanh)))               // [B,K] each
}

// decode gives the last hidden layer with a one behind it, [B,K+1].
func (m *model) decode(s *neural.Step, u *torch.Tensor) *torch.Tensor {
	return s.Ones(s.Activate(s.Linear("decoder.0", u), torch.Tanh))
}

// table is V beside the items' biases, [items,K+1].
func (m *model) table(s *neural.Step) *torch.Tensor {
	return s.Join(1, s.P("items"), s.Reshape(s.P("items.bias"), -1, 1))
}

// weight is that of the users' KL term after so many steps.
func (m *model) weight(s *neural.Step) float64 {
	if m.AnnealSteps == 0 {
		return m.Beta
	}
	return min(m.Beta, float64(s.Number)/float64(m.AnnealSteps))
}

// Finish computes the means of the items' content codes.
func (m *model) Finish(s *neural.Step) {
	var parts []*torch.Tensor
	for lo := 0; lo < s.Sizes.Items; lo += m.Batch {
		mean, _ := m.encodeContent(s, span(lo, min(lo+m.Batch, s.Sizes.Items)))
		parts = append(parts, mean)
	}
	s.SetBuffer("means", s.Cat(parts...)) // [items,K]
}

// Score is V h at the mean of q(u|x).
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	mean, _ := m.encode(s, neural.Histories(queries))
	return s.MatMul(m.decode(s, mean), s.Transpose(m.table(s), 0, 1)) // [B,items]
}

package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
	"cllm4rec/plugins/internal/numerics/torch"
)

// pretraining is the phase of self-supervision.
const pretraining = "pretraining"

// model is S3-Rec (Zhou et al. 2020, "S3-Rec: Self-Supervised Learning for Sequential
// Recommendation with Mutual Information Maximization") with K columns, over S items
// of the batch's sequences and A attributes.
type model struct {
	Params
	data       *neural.Data
	users      []int32 // with two items or more
	seen       [][]int32
	attributes [][]int32 // of each item, numbers of words
	sampler    *neural.Sampler
}

// Prepare checks the order and numbers the items' attributes.
func (m *model) Prepare(d *neural.Data) (err error) {
	m.data, m.users, m.seen, m.sampler = d, d.UsersWith(2), d.SortedRows(), neural.NewSampler(d, 0)
	if err := m.Order.Check(d.X, d.Times); err != nil {
		return err
	}
	m.attributes, d.Width, err = d.ItemAttributes()
	return err
}

func (m *model) blocks(causal bool) neural.Blocks {
	return neural.Blocks{Name: "block", Count: m.Blocks, Heads: m.Heads, Width: m.Dim, Inner: 4 * m.Dim, Dropout: m.Dropout,
		Causal: causal, Activation: torch.GELU, Init: neural.Normal(.02), Epsilon: 1e-12}
}

// Declare names the weights. The four matrices are those of the self-supervised scores.
func (m *model) Declare(p *neural.Parameters, size neural.Sizes) {
	p.Embeddings("items", neural.Normal(.02), size.Items, m.Dim, m.Dense)
	p.Dense("attributes", neural.Normal(.02), size.Width, m.Dim)
	p.Dense("mask", neural.Normal(.02), 1, m.Dim)
	p.Dense("positions", neural.Normal(.02), m.Length, m.Dim)
	neural.DeclareNorm(p, "norm", m.Dim)
	m.blocks(true).Declare(p)
	for _, name := range []string{"aap", "mip", "map", "sp"} {
		p.Dense(name, neural.Xavier(), m.Dim, m.Dim)
	}
}

// Phases: all pretraining belongs to the first epoch, so that validation judges what
// predicts next items; the optimiser begins anew after it.
func (m *model) Phases(epoch int) (phases []neural.Phase) {
	if epoch == 1 {
		for range m.PretrainEpochs {
			phases = append(phases, neural.Phase{Name: pretraining, Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate})
		}
	}
	return append(phases, neural.Phase{Examples: len(m.users), Batch: m.Batch, Rate: m.LearningRate, Fresh: epoch == 1})
}

// Loss is that of the phase.
func (m *model) Loss(s *neural.Step, examples []int32) *torch.Tensor {
	users := neural.Of(m.users, examples)
	if s.Phase == pretraining {
		return m.selfSupervised(s, m.draw(s, users))
	}
	var read [][]int32
	var next, others []int64
	for i, row := range m.data.Rows(users) {
		sequence := neural.Last(m.Order.Arrange(row, s.Seed, s.Epoch), m.Length+1)
		read = append(read, sequence[:len(sequence)-1])
		for _, item := range sequence[1:] {
			next, others = append(next, int64(item)), append(others, int64(m.sampler.Outside(s.Draws, m.seen[users[i]])))
		}
	}
	h := m.encode(s, s.Pack(read), nil, true) // [S,K]
	return s.BinaryCrossEntropy(s.Dots(h, s.LookUp("items", next)), s.Dots(h, s.LookUp("items", others)), 1)
}

// selfSupervised is the weighted sum of the four objectives of section 4.2, each with
// f(x, y) = x W y, divided by the number of sequences B.
func (m *model) selfSupervised(s *neural.Step, d drawn) *torch.Tensor {
	h := m.encode(s, s.Pack(d.sequences), d.hidden, false) // of masked sequences, then contexts, segments, others: [S,K]
	pick := func(rows []int64) *torch.Tensor { return s.Rows(h, s.Ints(rows, int64(len(rows)))) }
	known := s.MatMul(s.LookUp("items", d.known), s.P("aap")) // [items not masked,K]
	loss := s.Scale(m.words(s, known, d.known), m.AttributeItem)

	f := pick(d.masked) // [M,K]
	loss = s.Add(loss, s.Scale(m.words(s, s.MatMul(f, s.P("map")), d.items), m.MaskedWords))
	loss = s.Add(loss, s.Scale(m.closer(s, s.MatMul(f, s.P("mip")), s.LookUp("items", d.items), s.LookUp("items", d.others)), m.MaskedItem))

	context := s.MatMul(pick(d.ends[0]), s.P("sp")) // [B,K]
	loss = s.Add(loss, s.Scale(m.closer(s, context, pick(d.ends[1]), pick(d.ends[2])), m.Segment))
	return s.Scale(loss, 1/float64(len(d.ends[0])))
}

// words is the binary cross-entropy of all attributes of some items under scores x a',
// x [n,K]: the sum of -ln s(x a') over those that an item has and of -ln(1 - s(x a'))
// over the others. As ln s(x) = x + ln s(-x), it is -sum of ln s(-x a'), less x times
// the sum of the item's own.
func (m *model) words(s *neural.Step, x *torch.Tensor, items []int64) *torch.Tensor {
	scores := s.MatMul(x, s.Transpose(s.P("attributes"), 0, 1)) // [n,A]
	none := s.Sum(s.SumLast(s.LogSigmoid(s.Scale(scores, -1)))) // scalar
	own := s.Sum(s.SumLast(s.Mul(x, m.sums(s, items))))         // scalar
	return s.Scale(s.Add(none, own), -1)
}

// sums adds the embeddings of each item's attributes up, [n,K].
func (m *model) sums(s *neural.Step, items []int64) *torch.Tensor {
	var words, starts []int64
	for _, item := range items {
		starts = append(starts, int64(len(words)))
		for _, word := range m.attributes[item] {
			words = append(words, int64(word))
		}
	}
	n := int64(len(words))
	if n == 0 {
		return s.Zeros(int64(len(items)), int64(m.Dim))
	}
	return s.Bag(s.P("attributes"), s.Ints(words, n), s.Ints(starts, int64(len(starts))), s.Full(torch.Float32, 1, n))
}

// closer is the sum of -ln s(x y - x z) over rows of x, y, z [n,K].
func (m *model) closer(s *neural.Step, x, y, z *torch.Tensor) *torch.Tensor {
	return s.Scale(s.Sum(s.LogSigmoid(s.SumLast(s.Mul(x, s.Sub(y, z))))), -1)
}

// encode sends sequences, with some rows masked, through the transformer: [S,K].
func (m *model) encode(s *neural.Step, q neural.Packed, masked []int64, causal bool) *torch.Tensor {
	rows, items := visible(q.Items, masked)
	x := s.PutRows(s.Zeros(int64(len(q.Items)), int64(m.Dim)), s.Ints(rows, int64(len(rows))), s.LookUp("items", items))
	if n := int64(len(masked)); n > 0 {
		x = s.PutRows(x, s.Ints(masked, n), s.Expand(s.P("mask"), n, int64(m.Dim))) // [S,K]
	}
	x = s.Norm("norm", s.Add(x, s.Rows(s.P("positions"), q.Positions)), 1e-12) // [S,K]
	return m.blocks(causal).Apply(s, s.Drop(x, m.Dropout), q)                  // [S,K]
}

// Score is E h of the last item.
func (m *model) Score(s *neural.Step, queries []contract.Query) *torch.Tensor {
	sequences := neural.Histories(queries)
	for i, history := range sequences {
		sequences[i] = neural.Last(m.Order.Arrange(history, s.Seed, 0), m.Length)
	}
	h := s.Represent(sequences, m.Dim, func(q neural.Packed) *torch.Tensor { return m.encode(s, q, nil, true) }) // [B,K]
	return s.Scores(h, "items")                                                                                  // [B,items]
}

package contracttest

import (
	"context"
	"math"
	"math/rand/v2"

	"cllm4rec/core/contract"
)

// epochRows are the interactions that a FakeEpochs was given.
type epochRows struct {
	spec  contract.FitSpec
	rows  [][2]int32 // (user, item)
	pairs map[[2]int32]bool
}

func (d *epochRows) add(chunk *contract.TrainChunk) error {
	for i, user := range chunk.Users {
		item := chunk.Items[i]
		if user < 0 || int(user) >= d.spec.Users || item < 0 || int(item) >= d.spec.Items {
			return contract.Errorf(contract.ErrBadData, "interaction %d is of user %d and item %d, outside %d users and %d items",
				len(d.rows), user, item, d.spec.Users, d.spec.Items)
		}
		d.rows = append(d.rows, [2]int32{user, item})
		d.pairs[d.rows[len(d.rows)-1]] = true
	}
	if chunk.Features != nil {
		return chunk.Features.Check(d.spec.Users, d.spec.Items)
	}
	return nil
}

// other draws an item that the user does not have, if a few draws find one.
func (d *epochRows) other(rng *rand.Rand, user int32) int32 {
	item := rng.Int32N(int32(d.spec.Items))
	for range 20 {
		if !d.pairs[[2]int32{user, item}] {
			break
		}
		item = rng.Int32N(int32(d.spec.Items))
	}
	return item
}

// epochModel scores item j for user u by p_u . q_j + b_j.
type epochModel struct {
	users, items, factors int
	epoch                 int       // epochs behind it
	z                     []float64 // P [users, factors], Q [items, factors], b [items]
	squares               []float64 // per value: Adagrad's sum of squared gradients
}

func newEpochModel(spec contract.FitSpec, factors int) *epochModel {
	n := (spec.Users+spec.Items)*factors + spec.Items
	m := &epochModel{users: spec.Users, items: spec.Items, factors: factors, z: normals(n, 0.1, spec.Seed), squares: make([]float64, n)}
	clear(m.z[n-spec.Items:])
	return m
}

func (m *epochModel) userAt(u int32) int { return int(u) * m.factors }
func (m *epochModel) itemAt(i int32) int { return (m.users + int(i)) * m.factors }
func (m *epochModel) biasAt(i int32) int { return (m.users+m.items)*m.factors + int(i) }

// addFeatures adds column c of a row to factor c modulo the number of factors.
func (m *epochModel) addFeatures(f *contract.FeatureChunk) {
	for i, row := range f.Rows {
		at := m.itemAt(row)
		if f.Entity == contract.EntityUser {
			at = m.userAt(row)
		}
		if f.Offsets == nil {
			for c, v := range f.Dense[i*f.Width : (i+1)*f.Width] {
				m.z[at+c%m.factors] += float64(v)
			}
			continue
		}
		for k := f.Offsets[i]; k < f.Offsets[i+1]; k++ {
			m.z[at+int(f.Columns[k])%m.factors] += float64(f.Values[k])
		}
	}
}

func (m *epochModel) vectors(entity contract.Entity) ([]float64, error) {
	switch entity {
	case contract.EntityUser:
		return m.z[:m.users*m.factors], nil
	case contract.EntityItem:
		return m.z[m.users*m.factors : (m.users+m.items)*m.factors], nil
	}
	return nil, contract.Errorf(contract.ErrUnsupported, "there are no vectors of %q, expected one of %v", entity, contract.Entities())
}

// scores are those of all items; nobody is the mean of the items of the history.
func (m *epochModel) scores(q contract.Query) ([]float64, error) {
	if err := q.Check(m.items); err != nil {
		return nil, err
	}
	if int(q.User) >= m.users || q.User < contract.NoUser {
		return nil, contract.Errorf(contract.ErrInvalid, "there is no user %d among %d", q.User, m.users)
	}
	p := make([]float64, m.factors)
	if q.User != contract.NoUser {
		copy(p, m.z[m.userAt(q.User):])
		return m.against(p), nil
	}
	for _, item := range q.History {
		for k := range p {
			p[k] += m.z[m.itemAt(item)+k] / float64(len(q.History))
		}
	}
	return m.against(p), nil
}

// against scores all items for a vector of a user.
func (m *epochModel) against(p []float64) []float64 {
	scores := make([]float64, m.items)
	for i := range scores {
		scores[i] = m.z[m.biasAt(int32(i))]
		for k, x := range p {
			scores[i] += x * m.z[m.itemAt(int32(i))+k]
		}
	}
	return scores
}

// learn is one epoch of steps of Adagrad (Duchi et al. 2011) on the pairwise
// loss ln(1 + exp(s_uj - s_ui)) of an item i of the user and another item j
// (Rendle et al. 2009).
func (r *FakeEpochs) learn(ctx context.Context, spec contract.EpochSpec, progress contract.OnProgress) (contract.EpochResult, error) {
	p, m := r.Params(), r.model
	rng := rand.New(rand.NewPCG(spec.Seed, uint64(spec.Number)))
	order, result := rng.Perm(len(r.train.rows)), contract.EpochResult{}
	rate := p.Rate
	if p.Peak > 0 && spec.Number > p.Peak {
		rate *= -4
	}
	for lo := 0; lo < len(order); lo += p.Batch {
		batch := order[lo:min(lo+p.Batch, len(order))]
		grad, loss := make([]float64, len(m.z)), 0.0
		for _, at := range batch {
			row := r.train.rows[at]
			loss += m.pairGradient(grad, row[0], row[1], r.train.other(rng, row[0])) / float64(len(batch))
		}
		if err := p.step(ctx, int(result.Steps)+1, loss, progress); err != nil {
			return contract.EpochResult{}, err
		}
		m.adagrad(grad, rate)
		result.Steps, result.Examples, result.Loss = result.Steps+1, result.Examples+int64(len(batch)), result.Loss+loss
	}
	if result.Steps > 0 {
		result.Loss /= float64(result.Steps)
	}
	m.epoch = spec.Number
	return result, nil
}

// pairGradient adds the gradient of one pair to grad and returns its loss.
func (m *epochModel) pairGradient(grad []float64, user, item, other int32) float64 {
	u, i, j := m.userAt(user), m.itemAt(item), m.itemAt(other)
	x := m.z[m.biasAt(item)] - m.z[m.biasAt(other)]
	for k := range m.factors {
		x += m.z[u+k] * (m.z[i+k] - m.z[j+k])
	}
	g := -1 / (1 + math.Exp(x))
	grad[m.biasAt(item)] += g
	grad[m.biasAt(other)] -= g
	for k := range m.factors {
		grad[u+k] += g * (m.z[i+k] - m.z[j+k])
		grad[i+k] += g * m.z[u+k]
		grad[j+k] -= g * m.z[u+k]
	}
	return max(-x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

func (m *epochModel) adagrad(grad []float64, rate float64) {
	for i, g := range grad {
		m.squares[i] += g * g
		m.z[i] -= rate * g / (math.Sqrt(m.squares[i]) + 1e-8)
	}
}

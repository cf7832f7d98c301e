package baseline

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// LeaveOut answers for EASE-like weights as if a user had not been there. With
// P = (G + L)^-1, where G = X'X + ..., and B = I - P / diag(P), taking the row x out of X
// changes P by a matrix of rank one (Sherman and Morrison), so that for a history m
//
//	s_j = m_j - (q_j + (m'Px / d) f_j) / (P_jj + f_j^2 / d),    q = m'P, f = x'P, d = 1 - x'Px
//
// which takes as long as an ordinary ranking. A user who counts w has sqrt(w) x for x.
type LeaveOut struct {
	// Weights are -P_ij / P_jj times Factors[j], with a zero diagonal.
	Weights *ItemWeights
	Own     []float64   // P_jj
	Factors []float64   // that scores are multiplied by
	Users   *linalg.CSR // the rows sqrt(w) x
}

// Rank answers queries by users who are left out.
func (l *LeaveOut) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	for _, q := range queries {
		if q.User < 0 || int(q.User) >= l.Users.Rows {
			return nil, contract.Errorf(contract.ErrInvalid, "user %d, who is to be left out, is not one of 0..%d", q.User, l.Users.Rows-1)
		}
	}
	scratch := make([][]float64, threads)
	return RankQueries(ctx, spec, queries, l.Weights.Items, threads, func(worker int, q contract.Query, row []float64) {
		if scratch[worker] == nil {
			scratch[worker] = make([]float64, len(row))
		}
		l.score(q, row, scratch[worker])
	})
}

// score fills scores, which are zero, with s; f is room for as many numbers.
func (l *LeaveOut) score(q contract.Query, scores, f []float64) {
	row, values := l.Users.Row(int(q.User)), l.Users.Values(int(q.User))
	clear(f)
	l.product(row, values, f)
	l.product(q.History, nil, scores)
	left, shared := 1.0, 0.0 // d, m'Px
	for at, i := range row {
		left -= value(values, at) * f[i]
	}
	for _, i := range q.History {
		shared += f[i]
	}
	for j := range scores {
		scores[j] = -(scores[j] + shared/left*f[j]) / (l.Own[j] + f[j]*f[j]/left) * l.Factors[j]
	}
	for _, i := range q.History {
		scores[i] += l.Factors[i]
	}
}

// product fills out, which is zero, with v'P for the vector v of some items.
func (l *LeaveOut) product(items []int32, values []float32, out []float64) {
	for at, i := range items {
		floats.AddScaled(out, value(values, at), l.Weights.From(i))
	}
	for j := range out {
		out[j] *= -l.Own[j] / l.Factors[j]
	}
	for at, i := range items {
		out[i] += value(values, at) * l.Own[i]
	}
}

func value(values []float32, at int) float64 {
	if values == nil {
		return 1
	}
	return float64(values[at])
}

// WeightedUsers are the rows sqrt(w) x that DampedGram multiplies.
func WeightedUsers(x *linalg.CSR, exponent float64) *linalg.CSR {
	if exponent == 0 {
		return x
	}
	damped, sum := DampUsers(x, exponent), 0.0
	for at := range damped.Index {
		sum += damped.At(at) * damped.At(at)
	}
	if sum == 0 {
		return x
	}
	trace := math.Sqrt(float64(x.NNZ()) / sum)
	return rescaled(damped, func(int) float64 { return trace })
}

// LinearModel is ItemWeights that may answer without a user.
type LinearModel struct {
	*ItemWeights
	// LeaveOut is nil where there is no such answer, for the reason Why; also in a model
	// that was loaded, which has no training data.
	LeaveOut *LeaveOut
	Why      error
}

// ReadLinear is ReadWeights of a model that needs training data to leave a user out.
func ReadLinear(method string, views map[string]safetensors.View) (*LinearModel, error) {
	weights, err := ReadWeights(method, views)
	return &LinearModel{ItemWeights: weights, Why: sdk.ErrOrder("RankWithout", "Fit")}, err
}

// RankWithout answers queries by users who are left out.
func (m *LinearModel) RankWithout(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	if m.LeaveOut == nil {
		return nil, m.Why
	}
	return m.LeaveOut.Rank(ctx, spec, queries, threads)
}

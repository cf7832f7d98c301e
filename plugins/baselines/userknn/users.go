package main

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/baseline/similarity"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// users are what a history is compared with.
type users struct {
	params  Params
	measure similarity.Similarity
	x       *linalg.CSR // [users x items], without feature weights
	byItem  *linalg.CSR // [items x users], with them
	squares []float64   // [users], of the weighted rows
	weigh   similarity.Weighting
}

func newUsers(x *linalg.CSR, p Params) *users {
	weighted := similarity.Weigh(x, p.FeatureWeighting)
	return &users{
		params: p, measure: similarity.Similarity{Kind: p.Similarity, Shrink: p.Shrink, Alpha: p.Alpha, Beta: p.Beta},
		weigh: similarity.NewWeighting(x, p.FeatureWeighting),
		x:     x, byItem: weighted.Transpose(), squares: similarity.Squares(weighted),
	}
}

// Tensors are the interactions that histories are compared with.
func (m *users) Tensors() []safetensors.Tensor { return baseline.PairTensors(m.x) }

// Rank scores from the neighbours of each query's history, among which the query's own
// user is not; a worker has room of its own.
func (m *users) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	room := make([]search, threads)
	return baseline.RankQueries(ctx, spec, queries, m.x.Cols, threads, func(worker int, q contract.Query, row []float64) {
		for _, e := range room[worker].neighbours(m, q) {
			for at := m.x.Ptr[e.Index]; at < m.x.Ptr[e.Index+1]; at++ {
				row[m.x.Index[at]] += e.Value * m.x.At(at)
			}
		}
	})
}

// search is one thread's room.
type search struct {
	sum      *linalg.Accumulator
	selector neighbours.Selector
	list     []neighbours.Entry
	weights  []float32
}

// neighbours are the users most similar to a history, of equal ones those with the
// smaller index.
func (s *search) neighbours(m *users, q contract.Query) []neighbours.Entry {
	if s.sum == nil {
		s.sum = linalg.NewAccumulator(m.x.Rows)
	}
	s.weights = slices.Grow(s.weights[:0], len(q.History))[:len(q.History)]
	m.weigh.Row(q.History, nil, s.weights)
	square := 0.0
	for _, v := range s.weights {
		square += float64(v) * float64(v)
	}
	who, together := s.sum.Product(q.History, s.weights, m.byItem)
	s.list = s.list[:0]
	for k, v := range who {
		if v != q.User {
			s.list = append(s.list, neighbours.Entry{Index: v, Value: m.measure.Of(together[k], square, m.squares[v])})
		}
	}
	return s.selector.Keep(s.list, m.params.Neighbours, neighbours.TiesIndex, m.x.Rows)
}

package neural

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// rankScores bounds the scores that are alive at a time (64 MiB), rankQueries the
// queries of one forward pass.
const (
	rankScores  = 16 << 20
	rankQueries = 256
)

// rank answers queries, a block of them at a time.
func (e *engine) rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if err := baseline.CheckQueries(queries, e.size.Items); err != nil {
		return nil, err
	}
	for _, q := range queries {
		if q.User < contract.NoUser || int(q.User) >= e.size.Users {
			return nil, contract.Errorf(contract.ErrInvalid, "there is no user %d among %d", q.User, e.size.Users)
		}
	}
	rankings := make([]contract.Ranking, len(queries))
	block := min(rankQueries, max(1, rankScores/e.size.Items))
	for lo := 0; lo < len(queries); lo += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+block, len(queries))
		if err := e.rankBlock(ctx, spec, queries[lo:hi], rankings[lo:hi]); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

func (e *engine) rankBlock(ctx context.Context, spec contract.RankSpec, queries []contract.Query, rankings []contract.Ranking) error {
	var scores []float32 // [B, items]
	err := e.do(func(s *Step) error {
		s.NoGrad(func() { scores = s.Read(e.model.Score(s, queries)) })
		return nil
	})
	if err != nil {
		return err
	}
	n := e.size.Items
	return linalg.Parallel(ctx, len(queries), 8, e.exec.Threads(), func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			r, err := contract.TopK(scores[i*n:(i+1)*n], int(queries[i].K), spec.Ties)
			if err != nil {
				return contract.Errorf(contract.ErrNonFinite, "user %d: %v", queries[i].User, err)
			}
			rankings[i] = r
		}
		return nil
	})
}

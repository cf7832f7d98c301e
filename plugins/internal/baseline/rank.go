package baseline

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// blockQueries is how many queries a thread takes at once.
const blockQueries = 8

// RankRows answers queries from scores over n items. score adds the scores of a
// history to row, which has length n and is zero; it may be called from several
// threads at once. A query out of range is an ErrInvalid.
func RankRows(ctx context.Context, spec contract.RankSpec, queries []contract.Query, n, threads int, score func(history []int32, row []float64)) ([]contract.Ranking, error) {
	return RankQueries(ctx, spec, queries, n, threads, func(_ int, q contract.Query, row []float64) { score(q.History, row) })
}

// RankQueries is RankRows for scores that depend on more than the history; worker, in
// 0..threads-1, is that of the calling thread.
func RankQueries(ctx context.Context, spec contract.RankSpec, queries []contract.Query, n, threads int, score func(worker int, query contract.Query, row []float64)) ([]contract.Ranking, error) {
	if err := CheckQueries(queries, n); err != nil {
		return nil, err
	}
	out := make([]contract.Ranking, len(queries))
	rows := make([][]float64, threads)
	err := linalg.Parallel(ctx, len(queries), blockQueries, threads, func(worker, lo, hi int) error {
		if rows[worker] == nil {
			rows[worker] = make([]float64, n)
		}
		for i := lo; i < hi; i++ {
			clear(rows[worker])
			score(worker, queries[i], rows[worker])
			r, err := contract.TopK(rows[worker], int(queries[i].K), spec.Ties)
			if err != nil {
				return contract.Errorf(contract.ErrNonFinite, "user %d: %v", queries[i].User, err)
			}
			out[i] = r
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// CheckQueries reports, as an ErrInvalid, the first query that asks for less
// than one item or whose history has an item outside 0..n-1.
func CheckQueries(queries []contract.Query, n int) error {
	for _, q := range queries {
		if err := q.Check(n); err != nil {
			return err
		}
	}
	return nil
}

// Package factors ranks by inner products: a vector for each query against a table
// of item vectors, a block of queries at a time.
package factors

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// Block is how many queries a thread takes at once, in strips of lapack.Strip, the last
// filled up with zeros: the bits of an answer do not depend on the queries beside it.
const Block = 4 * lapack.Strip

// Ranker scores items by vectors.
type Ranker struct {
	Items   lapack.Mat[float32] // [items x width]
	Threads int
	// Vectors fills out, of at least as many rows of width zeros, a multiple of
	// lapack.Strip, with the vectors of queries. Several threads call it at once, each
	// with its own worker.
	Vectors func(worker int, queries []contract.Query, out lapack.Mat[float32]) error
	// Add, when set, adds to a query's scores [items] what the product does not hold.
	Add func(worker int, query contract.Query, scores []float32)
}

// Rank answers queries; its errors are those of baseline.RankRows and of Vectors.
// OpenBLAS runs on one thread meanwhile: threads share the blocks out.
func (r Ranker) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	n := r.Items.Rows
	if err := baseline.CheckQueries(queries, n); err != nil {
		return nil, err
	}
	lapack.SetThreads(1)
	out, scratch := make([]contract.Ranking, len(queries)), make([]*block, r.Threads)
	err := linalg.Parallel(ctx, len(queries), Block, r.Threads, func(worker, lo, hi int) error {
		if scratch[worker] == nil {
			scratch[worker] = newBlock(r.Items)
		}
		return r.block(worker, scratch[worker], spec, queries[lo:hi], out[lo:hi])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// block is one thread's room: the vectors of a block [Block x width] and their scores
// [Block x items].
type block struct{ vectors, scores lapack.Mat[float32] }

func newBlock(items lapack.Mat[float32]) *block {
	return &block{
		lapack.Dense(Block, items.Cols, make([]float32, Block*items.Cols)),
		lapack.Dense(Block, items.Rows, make([]float32, Block*items.Rows)),
	}
}

func (r Ranker) block(worker int, b *block, spec contract.RankSpec, queries []contract.Query, out []contract.Ranking) error {
	n, rows := r.Items.Rows, (len(queries)+lapack.Strip-1)/lapack.Strip*lapack.Strip
	vectors, scores := b.vectors, b.scores
	vectors.Rows, scores.Rows = rows, rows
	clear(vectors.Data)
	if err := r.Vectors(worker, queries, vectors); err != nil {
		return err
	}
	lapack.GemmRows(vectors, r.Items, true, scores)
	for i, q := range queries {
		row := b.scores.Data[i*n : (i+1)*n]
		if r.Add != nil {
			r.Add(worker, q, row)
		}
		ranking, err := contract.TopK(row, int(q.K), spec.Ties)
		if err != nil {
			return contract.Errorf(contract.ErrNonFinite, "user %d: %v", q.User, err)
		}
		out[i] = ranking
	}
	return nil
}

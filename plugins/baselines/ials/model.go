package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/factors"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// model is what training leaves.
type model struct {
	users mat // [users x dim], solved for beside items
	items mat // [items x dim]
	// fold solves for histories; it holds items once more, in their eigenvectors.
	fold    *exact
	weights weighting
}

// factorise alternates between the rows of pairs, of which the first so many are users
// and the others pseudo-users, and its columns.
func factorise(ctx context.Context, pairs *linalg.CSR, users int, w baseline.Work[Params]) (*model, error) {
	p, threads, progress := w.Params, w.Threads, w.Progress
	if err := roomFor(pairs, p, threads); err != nil {
		return nil, err
	}
	lapack.SetThreads(1) // threads share out rows
	a, loss := newAlternation(pairs, p, w.Seed, threads), math.NaN()
	for sweep := range p.Sweeps {
		progress.Report(contract.Progress{Stage: "fit", Done: int64(sweep), Total: int64(p.Sweeps), Unit: "sweep", Loss: loss})
		if err := a.sweep(ctx); err != nil {
			return nil, fmt.Errorf("sweep %d: %w", sweep+1, err)
		}
		if progress != nil { // the objective costs a pass over all pairs
			var err error
			if loss, err = a.byItem.objective(ctx, a.byUser.reg, threads); err != nil {
				return nil, err
			}
		}
	}
	m, err := a.model(ctx, users)
	progress.Report(contract.Progress{Stage: "fit", Done: int64(p.Sweeps), Total: int64(p.Sweeps), Unit: "sweep", Loss: loss})
	return m, err
}

// alternation is both halves of a sweep.
type alternation struct {
	byUser, byItem *half
	params         Params
	threads        int
}

func newAlternation(pairs *linalg.CSR, p Params, seed uint64, threads int) *alternation {
	x, y := first(pairs.Rows, p, seed, 0), first(pairs.Cols, p, seed, 1)
	o, other := p.weighting(), pairs.Transpose()
	return &alternation{
		byUser: &half{pairs: pairs, x: x, y: y, reg: o.penalties(pairs), weights: o},
		byItem: &half{pairs: other, x: y, y: x, reg: o.penalties(other), weights: o},
		params: p, threads: threads,
	}
}

// sweep solves for all users, then for all items.
func (a *alternation) sweep(ctx context.Context) error {
	for _, h := range []*half{a.byUser, a.byItem} {
		if err := h.sweep(ctx, a.params, a.threads); err != nil {
			return err
		}
	}
	return checkFinite("item", a.byItem.x)
}

// model solves for the first so many rows exactly beside the items.
func (a *alternation) model(ctx context.Context, users int) (*model, error) {
	m := &model{items: a.byItem.x, users: part(a.byUser.x, 0, users), weights: a.byUser.weights}
	if err := m.prepare(ctx, a.threads); err != nil {
		return nil, err
	}
	last, room := *a.byUser, make([]scratch, a.threads)
	last.x = m.users
	return m, linalg.Parallel(ctx, users, blockRows, a.threads, func(worker, lo, hi int) error {
		return m.fold.rows(&last, &room[worker], lo, hi)
	})
}

// roomFor refuses what the memory cannot hold: the vectors of both sides, those of one
// side once more in their eigenvectors, and the threads' room.
func roomFor(pairs *linalg.CSR, p Params, threads int) error {
	longest := 0
	for _, n := range pairs.ColumnCounts() {
		longest = max(longest, n)
	}
	for r := range pairs.Rows {
		longest = max(longest, len(pairs.Row(r)))
	}
	dim, rows := float64(p.Dim), float64(pairs.Rows)+float64(pairs.Cols)+float64(max(pairs.Rows, pairs.Cols))
	bytes := 4*dim*(rows+float64(threads)*2*float64(longest)) + 8*dim*dim*(gramParts+4) + 8*float64(pairs.NNZ())
	return baseline.RoomFor(bytes, fmt.Sprintf("iALS with %d dimensions on %d users (pseudo-users included) and %d items", p.Dim, pairs.Rows, pairs.Cols), "give fewer dimensions (dim)")
}

// first draws the vectors that the alternation starts from.
func first(rows int, p Params, seed, side uint64) mat {
	rng := rand.New(rand.NewPCG(seed, side))
	scale := p.Init / math.Sqrt(float64(p.Dim))
	m := lapack.Dense(rows, p.Dim, make([]float32, rows*p.Dim))
	for i := range m.Data {
		m.Data[i] = float32(scale * rng.NormFloat64())
	}
	return m
}

// prepare makes ready for fold-in.
func (m *model) prepare(ctx context.Context, threads int) (err error) {
	lapack.SetThreads(1)
	m.fold, err = newExact(ctx, m.items, m.weights, threads)
	return err
}

// Rank ranks histories by their exact vectors.
func (m *model) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	room, tilde := make([]scratch, threads), make([][]float32, threads)
	vectors := func(worker int, queries []contract.Query, out mat) error {
		dim := out.Cols
		rotated := lapack.Dense(out.Rows, dim, zeros(&tilde[worker], out.Rows*dim))
		for i, q := range queries {
			reg := m.weights.penalty(float64(len(q.History)), m.items.Rows)
			if err := m.fold.row(&room[worker], q.History, nil, reg, vector(rotated, i)); err != nil {
				return fmt.Errorf("user %d: %w", q.User, err)
			}
		}
		lapack.GemmRows(rotated, m.fold.vectors, false, out)
		return nil
	}
	return factors.Ranker{Items: m.items, Threads: threads, Vectors: vectors}.Rank(ctx, spec, queries)
}

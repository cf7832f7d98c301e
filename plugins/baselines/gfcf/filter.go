package main

import (
	"context"
	"fmt"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/factors"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lanczos"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

type mat = lapack.Mat[float32]

// filter scores a history r [items] by r N'N + weight r D^-1/2 V V' D^1/2, where N is the
// normalised matrix, D are the items' degrees and V [items x dim] its right singular
// vectors.
type filter struct {
	users *linalg.CSR // N [users x items]
	items *linalg.CSR // N' [items x users]
	in    mat         // weight D^-1/2 V [items x dim]
	out   mat         // D^1/2 V [items x dim]
}

func newFilter(ctx context.Context, x *linalg.CSR, w baseline.Work[Params]) (*filter, error) {
	p := w.Params
	if p.Dim > x.Cols {
		return nil, contract.Errorf(contract.ErrInvalid, "dim is %d, above the %d items", p.Dim, x.Cols)
	}
	what := fmt.Sprintf("GF-CF with %d singular vectors on %d items", p.Dim, x.Cols)
	if err := baseline.RoomFor(lanczos.Bytes(x.Cols, p.Dim)+8*float64(x.Cols)*float64(p.Dim), what, "let fewer through (dim)"); err != nil {
		return nil, err
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Total: 1, Unit: "step"})
	normal, degrees := normalise(x)
	_, vectors, err := lanczos.RightVectors(ctx, normal, p.Dim, w.Seed, w.Threads)
	if err != nil {
		return nil, err
	}
	f := &filter{
		users: normal, items: normal.Transpose(),
		in:  lapack.Dense(x.Cols, p.Dim, make([]float32, x.Cols*p.Dim)),
		out: lapack.Dense(x.Cols, p.Dim, make([]float32, x.Cols*p.Dim)),
	}
	for i, degree := range degrees {
		if degree == 0 {
			continue // nobody has the item: it neither speaks nor scores
		}
		root := math.Sqrt(degree)
		for k := i * p.Dim; k < (i+1)*p.Dim; k++ {
			f.in.Data[k], f.out.Data[k] = float32(p.Weight*vectors.Data[k]/root), float32(vectors.Data[k]*root)
		}
	}
	w.Progress.Report(contract.Progress{Stage: "fit", Done: 1, Total: 1, Unit: "step"})
	return f, nil
}

// normalise divides every entry by the roots of its row's and its column's sums, and
// returns the columns' sums: the items' degrees.
func normalise(x *linalg.CSR) (*linalg.CSR, []float64) {
	rows, columns := make([]float64, x.Rows), make([]float64, x.Cols)
	for r := range x.Rows {
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			rows[r] += x.At(at)
			columns[x.Index[at]] += x.At(at)
		}
	}
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			out.Value[at] = float32(x.At(at) / math.Sqrt(rows[r]*columns[x.Index[at]]))
		}
	}
	return &out, columns
}

// Rank ranks histories: the low-pass filter is an inner product of width dim, the
// linear filter is added from the users who share an item.
func (f *filter) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	sums := make([]*linalg.Accumulator, threads)
	ranker := factors.Ranker{
		Items: f.out, Threads: threads,
		Vectors: func(_ int, queries []contract.Query, out mat) error {
			for i, q := range queries {
				to := out.Data[i*out.Cols : (i+1)*out.Cols]
				for _, item := range q.History {
					for k, v := range f.in.Data[int(item)*out.Cols : (int(item)+1)*out.Cols] {
						to[k] += v
					}
				}
			}
			return nil
		},
		Add: func(worker int, q contract.Query, scores []float32) {
			if sums[worker] == nil {
				sums[worker] = linalg.NewAccumulator(f.users.Rows)
			}
			who, shared := sums[worker].Product(q.History, nil, f.items)
			for k, u := range who {
				values := f.users.Values(int(u))
				for n, item := range f.users.Row(int(u)) {
					scores[item] += float32(shared[k]) * values[n]
				}
			}
		},
	}
	return ranker.Rank(ctx, spec, queries)
}

package main

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// solve minimises
//
//	alpha |X - X B|^2 + (1 - alpha) |T - S B|^2 + (lambda - pull) |B|^2 + pull |B - K|^2,   B_jj <= xi
//
// where X are the whole histories, S, T their beginnings and what follows, and K the
// cosines of the features with a zero diagonal. With P = (alpha X'X + (1 - alpha) S'S +
// lambda I)^-1 and C = alpha X'X + (1 - alpha) S'T + pull K it is B = P C - P diag(mu),
// mu_j = max(0, ((P C)_jj - xi) / P_jj).
func solve(ctx context.Context, x *linalg.CSR, features []*baseline.Features, w baseline.Work[Params]) (*baseline.ItemWeights, error) {
	n, p, threads := x.Cols, w.Params, w.Threads
	if err := baseline.RoomForItemMatrix("SLIST", n, 2); err != nil {
		return nil, err
	}
	report := func(done int64) {
		w.Progress.Report(contract.Progress{Stage: "fit", Done: done, Total: 3, Unit: "step"})
	}
	report(0)
	a, c := make([]float64, n*n), make([]float64, n*n) // c holds C', a target in each row
	if p.Pull > 0 {
		if err := pull(ctx, features, p, c, n, threads); err != nil {
			return nil, err
		}
	}
	if err := count(ctx, x, p, a, c, threads); err != nil {
		return nil, err
	}
	for i := range n {
		a[i*n+i] += p.Lambda
	}
	report(1)
	lapack.SetThreads(threads)
	if err := lapack.FactoriseSPD(a, n); err != nil {
		return nil, err
	}
	if err := lapack.SolveFactor(a, lapack.Dense(n, n, c)); err != nil { // c = (P C)'
		return nil, err
	}
	if err := lapack.InvertFactor(a, n); err != nil { // a = P
		return nil, err
	}
	report(2)
	constrain(a, c, n, p.Diagonal)
	lapack.Transpose(c, n)
	report(3)
	return &baseline.ItemWeights{Items: n, Values: c}, ctx.Err()
}

// pull sets c, which is zero, to pull K; K is symmetric.
func pull(ctx context.Context, features []*baseline.Features, p Params, c []float64, n, threads int) error {
	if err := baseline.AddCosines(ctx, features, p.Shares, c, threads); err != nil {
		return err
	}
	floats.Scale(p.Pull, c)
	for i := range n {
		c[i*n+i] = 0
	}
	return nil
}

// constrain takes P diag(mu) out of B; b holds B', a target in each row.
func constrain(p, b []float64, n int, cap float64) {
	for j := range n {
		mu := max(0, (b[j*n+j]-cap)/p[j*n+j])
		if mu == 0 {
			continue
		}
		for i := range n {
			b[j*n+i] -= mu * p[j*n+i]
		}
		b[j*n+j] = cap
	}
}

// count adds alpha X'X + (1 - alpha) S'S to a and alpha X'X + (1 - alpha) (S'T)' to c.
// Each worker fills its own rows, so that threads change no bit.
func count(ctx context.Context, x *linalg.CSR, p Params, a, c []float64, threads int) error {
	n, places := x.Cols, placesOf(x)
	return linalg.Parallel(ctx, n, 64, threads, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			for _, place := range places.of(i) {
				history := x.Row(int(place.user))
				addPairs(history, int(place.at), p, a[i*n:(i+1)*n], c[i*n:(i+1)*n])
			}
		}
		return nil
	})
}

// addPairs adds what one history has of the item at a place, counted from 0, with all
// its items. S and T have a row for each beginning of t items, t = 1..L-1, in which an
// item k before the beginning's end, or k behind its first follower, weighs exp(-k/decay);
// summed over t these are, with r = exp(-1/decay),
//
//	(S'S)_ij = r^|q-p| (1 + r^2 + ... + r^(2 (L-2-max(p,q)))),   (S'T)_ij = (q-p) r^(q-p-1) for p < q
//
// for an item i at p and an item j at q.
func addPairs(history []int32, q int, p Params, a, c []float64) {
	length, r := len(history), math.Exp(-1/p.Decay)
	for at, j := range history {
		a[j] += p.Alpha + (1-p.Alpha)*beginnings(at, q, length, r)
		c[j] += p.Alpha
		if at < q {
			gap := float64(q - at)
			c[j] += (1 - p.Alpha) * gap * math.Pow(r, gap-1)
		}
	}
}

// beginnings is a pair's entry of S'S.
func beginnings(p, q, length int, r float64) float64 {
	terms := length - 1 - max(p, q)
	if terms <= 0 {
		return 0
	}
	sum, square := float64(terms), r*r
	if square < 1 {
		sum = (1 - math.Pow(square, float64(terms))) / (1 - square)
	}
	return math.Pow(r, math.Abs(float64(q-p))) * sum
}

// place is where a history has an item.
type place struct{ user, at int32 }

// places are those of every item.
type places struct {
	ptr []int
	all []place
}

func (p places) of(item int) []place { return p.all[p.ptr[item]:p.ptr[item+1]] }

func placesOf(x *linalg.CSR) places {
	p := places{ptr: make([]int, x.Cols+1), all: make([]place, x.NNZ())}
	for item, n := range x.ColumnCounts() {
		p.ptr[item+1] = p.ptr[item] + n
	}
	next := append([]int(nil), p.ptr...)
	for u := range x.Rows {
		for at, item := range x.Row(u) {
			p.all[next[item]] = place{int32(u), int32(at)}
			next[item]++
		}
	}
	return p
}

package report

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"cllm4rec/core/stats"

	"golang.org/x/sync/errgroup"
)

// mostInMatrix is how many rows are compared pair by pair: of more, those with the highest
// means.
const mostInMatrix = 20

// matrixOf compares every pair of the rows that have values of users in a metric; nil where
// there are fewer than two.
func (b *builder) matrixOf(rows []measured, cell int) (*Matrix, error) {
	var some []int
	for i, row := range rows {
		if row.row.Cells[cell].Known {
			some = append(some, i)
		}
	}
	known := len(some)
	if known < 2 {
		return nil, nil
	}
	if known > mostInMatrix {
		slices.SortStableFunc(some, func(x, y int) int { return cmp.Compare(rows[y].row.Cells[cell].Mean, rows[x].row.Cells[cell].Mean) })
		some = some[:mostInMatrix]
		slices.Sort(some)
	}
	m := &Matrix{Dataset: b.dataset(), Part: string(b.part), Metric: b.names[cell]}
	for _, i := range some {
		m.Methods, m.Means = append(m.Methods, rows[i].row.Method), append(m.Means, Number(rows[i].row.Cells[cell].Mean))
	}
	if err := b.fillPairs(m, rows, some, cell); err != nil {
		return nil, err
	}
	m.Notes = []string{fmt.Sprintf("A cell is the row less the column: mean difference; p (%s), Holm-corrected over the %d pairs; users for whom the row is better, equal and worse.", b.rules.test(), len(m.Pairs))}
	if known > len(some) {
		m.Notes = append(m.Notes, fmt.Sprintf("Of %d rows the %d with the highest means are compared pair by pair; `cllm4rec compare` takes any.", known, len(some)))
	}
	return m, nil
}

// fillPairs compares the pairs on all processors.
func (b *builder) fillPairs(m *Matrix, rows []measured, some []int, cell int) error {
	type two struct{ a, b int }
	var all []two
	for i := range some {
		for j := i + 1; j < len(some); j++ {
			all = append(all, two{i, j})
		}
	}
	m.Pairs = make([]MatrixPair, len(all))
	family := make([]float64, len(all))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for at, of := range all {
		group.Go(func() error {
			pairs, err := stats.Pair(rows[some[of.a]].merged[cell], rows[some[of.b]].merged[cell])
			if err != nil {
				return fmt.Errorf("%s and %s: %w", m.Methods[of.a], m.Methods[of.b], err)
			}
			family[at] = b.rules.p(pairs)
			m.Pairs[at] = MatrixPair{A: m.Methods[of.a], B: m.Methods[of.b], Difference: b.rules.difference(pairs), P: Number(family[at]), Counts: stats.Count(pairs.Differences())}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	m.Users = len(b.users)
	for i, p := range stats.Holm(family) {
		m.Pairs[i].Holm = Number(p)
	}
	return nil
}

// Of is the pair of two methods as one sees it who stands at the first; false where they
// were not compared.
func (m *Matrix) Of(a, b string) (MatrixPair, bool) {
	if !slices.ContainsFunc(m.Pairs, func(p MatrixPair) bool { return p.A == a && p.B == b || p.A == b && p.B == a }) {
		return MatrixPair{}, false
	}
	return m.of(a, b), true
}

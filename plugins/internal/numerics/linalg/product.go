package linalg

import "context"

// Products visits every row of A B, where A is [n x m] and B [m x p]: the columns with
// an entry and their values, in the order in which A's row meets them. visit is called
// once per row, at most threads times at once, each with its own worker number in
// 0..threads-1; columns and values belong to the callee until it returns. A value is
// added up in the order of A's row, so that threads change no bit.
func Products(ctx context.Context, a, b *CSR, threads int, visit func(worker, row int, columns []int32, values []float64)) error {
	scratch := make([]*Accumulator, threads)
	return Parallel(ctx, a.Rows, 64, threads, func(worker, lo, hi int) error {
		if scratch[worker] == nil {
			scratch[worker] = NewAccumulator(b.Cols)
		}
		for row := lo; row < hi; row++ {
			columns, values := scratch[worker].Product(a.Row(row), a.Values(row), b)
			visit(worker, row, columns, values)
		}
		return nil
	})
}

// Accumulator adds up sparse rows over so many columns.
type Accumulator struct {
	sum     []float64
	seen    []bool
	columns []int32
	values  []float64
}

// NewAccumulator makes one for rows of so many columns.
func NewAccumulator(columns int) *Accumulator {
	return &Accumulator{sum: make([]float64, columns), seen: make([]bool, columns)}
}

// Product is one sparse row times b: row lists b's rows, values their factors (nil:
// ones). The slices that it returns are valid until the next call.
func (a *Accumulator) Product(row []int32, values []float32, b *CSR) ([]int32, []float64) {
	a.columns, a.values = a.columns[:0], a.values[:0]
	for k, r := range row {
		factor := 1.0
		if values != nil {
			factor = float64(values[k])
		}
		a.add(factor, b.Row(int(r)), b.Values(int(r)))
	}
	for _, c := range a.columns {
		a.values = append(a.values, a.sum[c])
		a.sum[c], a.seen[c] = 0, false
	}
	return a.columns, a.values
}

func (a *Accumulator) add(factor float64, columns []int32, values []float32) {
	for k, c := range columns {
		if !a.seen[c] {
			a.seen[c] = true
			a.columns = append(a.columns, c)
		}
		if values == nil {
			a.sum[c] += factor
		} else {
			a.sum[c] += factor * float64(values[k])
		}
	}
}

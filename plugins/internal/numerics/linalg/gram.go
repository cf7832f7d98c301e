package linalg

import "context"

// Gram fills out with X'X: row-major [Cols x Cols], where entry (i, j) of a binary X
// is the number of rows that have both i and j. out must be zero. The
// cost is the sum of squared row lengths; rows of out are shared out among
// threads, and the result does not depend on their number.
func Gram(ctx context.Context, x *CSR, out []float64, threads int) error {
	t := x.Transpose()
	return Parallel(ctx, x.Cols, 64, threads, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			gramRow(x, t, i, out[i*x.Cols:(i+1)*x.Cols])
		}
		return nil
	})
}

// gramRow adds up row i of X'X; t is X transposed.
func gramRow(x, t *CSR, i int, row []float64) {
	if x.Value == nil {
		for _, u := range t.Row(i) {
			for _, j := range x.Row(int(u)) {
				row[j]++
			}
		}
		return
	}
	for k := t.Ptr[i]; k < t.Ptr[i+1]; k++ {
		u, v := int(t.Index[k]), float64(t.Value[k])
		for at := x.Ptr[u]; at < x.Ptr[u+1]; at++ {
			row[x.Index[at]] += v * float64(x.Value[at])
		}
	}
}

// CoOccurrence visits, for every column i of a binary X, the columns j != i that share a
// row with i and in how many rows they do. visit is called once per i, at most
// threads times at once, each with its own worker number in 0..threads-1;
// columns and counts are in no order and belong to the callee until it returns.
func CoOccurrence(ctx context.Context, x *CSR, threads int, visit func(worker, i int, columns []int32, counts []int32)) error {
	t := x.Transpose()
	scratch := make([]coCounter, threads)
	return Parallel(ctx, x.Cols, 64, threads, func(worker, lo, hi int) error {
		c := &scratch[worker]
		c.grow(x.Cols)
		for i := lo; i < hi; i++ {
			c.count(x, t.Row(i), int32(i))
			visit(worker, i, c.columns, c.counts)
		}
		return nil
	})
}

// coCounter counts co-occurring columns; dense is zero between columns.
type coCounter struct {
	dense   []int32
	columns []int32
	counts  []int32
}

func (c *coCounter) grow(n int) {
	if c.dense == nil {
		c.dense = make([]int32, n)
	}
}

func (c *coCounter) count(x *CSR, rows []int32, self int32) {
	c.columns, c.counts = c.columns[:0], c.counts[:0]
	for _, u := range rows {
		for _, j := range x.Row(int(u)) {
			if c.dense[j] == 0 && j != self {
				c.columns = append(c.columns, j)
			}
			c.dense[j]++
		}
	}
	for _, j := range c.columns {
		c.counts = append(c.counts, c.dense[j])
		c.dense[j] = 0
	}
	c.dense[self] = 0
}

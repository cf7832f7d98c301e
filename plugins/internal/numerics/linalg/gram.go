package linalg

import "context"

// Gram adds X'X to out: row-major [Cols x Cols], where entry (i, j) of a binary X
// is the number of rows that have both i and j. The
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

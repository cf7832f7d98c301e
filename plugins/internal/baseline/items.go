package baseline

import (
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// ItemFeatures are the feature matrices of the items, each [items x Width], whose rows
// get the length 1, so that products of rows are cosines; a row of zeros stays. Those of
// users are left out. ErrInvalid when there are none.
func (d *Data) ItemFeatures() ([]*Features, error) {
	var all []*Features
	for _, f := range d.Features {
		if f.Entity != contract.EntityItem {
			continue
		}
		for i := range f.n {
			unit(f.row(i))
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there are no features of items, from which this method works; give it some, such as features: [{tfidf: {}}]")
	}
	return all, nil
}

// row are the values of row i, those that are not zero of a sparse matrix.
func (f *Features) row(i int) []float32 {
	if f.Dense != nil {
		return f.Dense[i*f.Width : (i+1)*f.Width]
	}
	return f.Sparse.Values(i)
}

// unit scales values to the length 1 unless all are zero.
func unit(values []float32) {
	var square float64
	for _, v := range values {
		square += float64(v) * float64(v)
	}
	if square == 0 {
		return
	}
	for i, v := range values {
		values[i] = float32(float64(v) / math.Sqrt(square))
	}
}

// Shares are how much each of n feature matrices counts: as given, or the same for
// each with a sum of 1. ErrInvalid when as many are not given.
func Shares(given []float64, n int) ([]float64, error) {
	if given == nil {
		given = make([]float64, n)
		for i := range given {
			given[i] = 1 / float64(n)
		}
	}
	if len(given) != n {
		return nil, contract.Errorf(contract.ErrInvalid, "there are %d shares for %d feature matrices of items", len(given), n)
	}
	return given, nil
}

// Words is a sparse matrix of items transposed, [Width x items], times a factor.
func (f *Features) Words(factor float64) *linalg.CSR {
	t := f.Sparse.Transpose()
	for i, v := range t.Value {
		t.Value[i] = float32(factor * float64(v))
	}
	return t
}

// Each visits the values of row i: all of a dense matrix.
func (f *Features) Each(i int, visit func(column int, value float32)) {
	if f.Dense != nil {
		for column, v := range f.row(i) {
			visit(column, v)
		}
		return
	}
	for at, v := range f.row(i) {
		visit(int(f.Sparse.Row(i)[at]), v)
	}
}

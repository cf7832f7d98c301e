package baseline

import (
	"context"
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// DampUsers multiplies the row of a user with n items by n^(-exponent/2), so that it
// counts n^-exponent in a Gram matrix. An exponent of 0 gives x itself.
func DampUsers(x *linalg.CSR, exponent float64) *linalg.CSR {
	if exponent == 0 {
		return x
	}
	return rescaled(x, func(r int) float64 { return math.Pow(float64(len(x.Row(r))), -exponent/2) })
}

// rescaled is x with every row multiplied by its factor.
func rescaled(x *linalg.CSR, factor func(row int) float64) *linalg.CSR {
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		by := factor(r)
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			out.Value[at] = float32(by * x.At(at))
		}
	}
	return &out
}

// DampedGram adds c X' diag(n_u^-exponent) X to m [items x items], which must be zero;
// n_u is how many items user u has, and c keeps the trace of X'X.
func DampedGram(ctx context.Context, x *linalg.CSR, exponent float64, m []float64, threads int) error {
	if err := linalg.Gram(ctx, DampUsers(x, exponent), m, threads); err != nil || exponent == 0 {
		return err
	}
	trace := 0.0
	for i := range x.Cols {
		trace += m[i*x.Cols+i]
	}
	if trace == 0 {
		return nil // nobody has anything
	}
	c := float64(x.NNZ()) / trace
	for i := range m {
		m[i] *= c
	}
	return nil
}

// PopularityFactors are count^exponent for every item; 1 for one that nobody has, whose
// scores stay.
func PopularityFactors(counts []int, exponent float64) []float64 {
	factors := make([]float64, len(counts))
	for j, count := range counts {
		factors[j] = math.Pow(float64(max(1, count)), exponent)
	}
	return factors
}

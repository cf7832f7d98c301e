package baseline

import (
	"context"
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// AddCosines adds to k, [items x items] of float64, the cosines of the items' features:
// the sum over the matrices F of ItemFeatures of share F F'. Shares are those of Shares.
func AddCosines(ctx context.Context, features []*Features, given []float64, k []float64, threads int) error {
	shares, err := Shares(given, len(features))
	if err != nil {
		return err
	}
	words := (*linalg.CSR)(nil)
	for i, f := range features {
		switch {
		case f.Dense != nil:
			m := lapack.Dense(f.n, f.Width, doubles(f.Dense))
			lapack.Gemm(shares[i], m, false, m, true, 1, lapack.Dense(f.n, f.n, k))
		case words == nil:
			words = f.Words(math.Sqrt(shares[i]))
		default:
			words = words.Above(f.Words(math.Sqrt(shares[i])))
		}
	}
	if words == nil {
		return nil
	}
	return linalg.Gram(ctx, words, k, threads)
}

func doubles(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

package baseline

import (
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// DampUsers multiplies the row of a user with n items by n^(-exponent/2), so that it
// counts n^-exponent in a Gram matrix. An exponent of 0 gives x itself.
func DampUsers(x *linalg.CSR, exponent float64) *linalg.CSR {
	if exponent == 0 {
		return x
	}
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		factor := math.Pow(float64(len(x.Row(r))), -exponent/2)
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			value := 1.0
			if x.Value != nil {
				value = float64(x.Value[at])
			}
			out.Value[at] = float32(factor * value)
		}
	}
	return &out
}

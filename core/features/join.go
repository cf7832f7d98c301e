package features

import (
	"math"

	"cllm4rec/core/contract"
)

// Join puts dense matrices of the same rows side by side. Each row of each matrix is
// brought to length 1 first, so that matrices count alike; rows of zeros stay zero.
// ErrInvalid for a sparse matrix.
func Join(matrices []*Matrix) (*Matrix, error) {
	out := &Matrix{Rows: matrices[0].Rows}
	for i, m := range matrices {
		if m.Dense == nil {
			return nil, contract.Errorf(contract.ErrInvalid, "features %d are sparse, expected dense ones: say svd", i+1)
		}
		out.Width += m.Width
	}
	out.Dense = make([]float32, 0, out.Rows*out.Width)
	for row := range out.Rows {
		for _, m := range matrices {
			out.Dense = append(out.Dense, unit(m.Dense[row*m.Width:(row+1)*m.Width])...)
		}
	}
	return out, nil
}

// unit is a vector brought to length 1.
func unit(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if square == 0 {
		return out
	}
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(square))
	}
	return out
}

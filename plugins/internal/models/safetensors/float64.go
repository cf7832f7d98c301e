package safetensors

import (
	"encoding/binary"
	"math"
)

// Float64Tensor makes an F64 tensor from values.
func Float64Tensor(name string, shape []int, values []float64) Tensor {
	data := make([]byte, 0, 8*len(values))
	for _, x := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	return Tensor{Name: name, DType: F64, Shape: shape, Bytes: data}
}

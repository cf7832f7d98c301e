package safetensors

import (
	"encoding/binary"
	"math"
)

// Float16Tensor makes an F16 tensor from values, rounded to nearest, ties to even.
func Float16Tensor(name string, shape []int, values []float32) Tensor {
	data := make([]byte, 0, 2*len(values))
	for _, x := range values {
		data = binary.LittleEndian.AppendUint16(data, half(x))
	}
	return Tensor{Name: name, DType: F16, Shape: shape, Bytes: data}
}

// half is the IEEE 754 binary16 nearest to v, ties to even.
func half(v float32) uint16 {
	bits := math.Float32bits(v)
	sign, magnitude := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case magnitude > 0x7f800000:
		return sign | 0x7e00 // NaN
	case magnitude >= 0x477ff000:
		return sign | 0x7c00 // beyond 65504 and its half step: infinity
	case magnitude < 0x38800000: // subnormal: steps of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*(1<<24)))
	}
	rounded := magnitude + 0xfff + magnitude>>13&1
	return sign | uint16((rounded-0x38000000)>>13)
}

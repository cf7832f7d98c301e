package safetensors

import (
	"encoding/binary"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// View is one tensor where it lies: row-major, little-endian Bytes that must not
// be written to and are valid until the file is closed.
type View struct {
	File  string // where it came from, for messages
	Name  string
	DType DType
	Shape []int
	Bytes []byte
}

// Len is the number of elements.
func (v View) Len() int { return len(v.Bytes) / v.DType.Size() }

// Expect is an error (ErrBadData) unless the tensor has exactly this shape.
func (v View) Expect(shape ...int) error {
	if slices.Equal(v.Shape, shape) {
		return nil
	}
	return damaged(v.File, "tensor %q has shape %v, expected %v", v.Name, v.Shape, shape)
}

// Float32s copies a tensor of floats (F64, F32, F16, BF16) as float32. F64 is
// rounded to nearest. Another dtype is ErrBadData.
func (v View) Float32s() ([]float32, error) {
	switch v.DType {
	case F64:
		return convert(v, 8, func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }), nil
	case F32:
		return convert(v, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }), nil
	case F16:
		return convert(v, 2, func(b []byte) float32 { return Half(binary.LittleEndian.Uint16(b)) }), nil
	case BF16:
		return convert(v, 2, func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }), nil
	}
	return nil, v.wrongType("floats")
}

// Float64s copies a tensor of floats as float64, exactly.
func (v View) Float64s() ([]float64, error) {
	if v.DType == F64 {
		return convert(v, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }), nil
	}
	narrow, err := v.Float32s()
	if err != nil {
		return nil, err
	}
	wide := make([]float64, len(narrow))
	for i, x := range narrow {
		wide[i] = float64(x)
	}
	return wide, nil
}

// Int64s copies a tensor of integers (I64, I32, I16, I8, U8) as int64.
func (v View) Int64s() ([]int64, error) {
	switch v.DType {
	case I64:
		return convert(v, 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }), nil
	case I32:
		return convert(v, 4, func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) }), nil
	case I16:
		return convert(v, 2, func(b []byte) int64 { return int64(int16(binary.LittleEndian.Uint16(b))) }), nil
	case I8:
		return convert(v, 1, func(b []byte) int64 { return int64(int8(b[0])) }), nil
	case U8:
		return convert(v, 1, func(b []byte) int64 { return int64(b[0]) }), nil
	}
	return nil, v.wrongType("integers")
}

func (v View) wrongType(want string) error {
	return contract.Errorf(contract.ErrBadData, "%s: tensor %q has dtype %s, expected %s", v.File, v.Name, v.DType, want)
}

func convert[T any](v View, size int, one func([]byte) T) []T {
	out := make([]T, len(v.Bytes)/size)
	for i := range out {
		out[i] = one(v.Bytes[i*size : i*size+size])
	}
	return out
}

// Half widens an IEEE 754 binary16 exactly.
func Half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormal: fraction * 2^-24
		return math.Float32frombits(math.Float32bits(float32(fraction)*0x1p-24) | sign)
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

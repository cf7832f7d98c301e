package safetensors

import "slices"

// DType is an element type, by the name that the format gives it.
type DType string

// The element types that this package reads and writes.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// DTypes lists every known element type, widest first: the order in which the
// writer lays tensors out.
func DTypes() []DType { return []DType{I64, F64, F32, I32, BF16, F16, I16, I8, U8, Bool} }

// Size is the number of bytes of one element, 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case F64, I64:
		return 8
	case F32, I32:
		return 4
	case F16, BF16, I16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// rank orders types for the writer.
func (d DType) rank() int { return slices.Index(DTypes(), d) }

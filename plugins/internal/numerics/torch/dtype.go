package torch

// #include "glue.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// DType is the type of a tensor's elements.
type DType int

// The types that are used here, by their codes in at::ScalarType.
const (
	Int64    DType = 4
	Float16  DType = 5 // read only
	Float32  DType = 6
	Float64  DType = 7 // read only
	BFloat16 DType = 15
)

var dtypes = map[DType]struct {
	name string
	size int
}{Int64: {"int64", 8}, Float16: {"float16", 2}, Float32: {"float32", 4}, Float64: {"float64", 8}, BFloat16: {"bfloat16", 2}}

// String is the type's name, such as "bfloat16".
func (d DType) String() string {
	if known, ok := dtypes[d]; ok {
		return known.name
	}
	return fmt.Sprintf("dtype %d", int(d))
}

// Size is the bytes of one element, 0 for an unknown type.
func (d DType) Size() int { return dtypes[d].size }

// DType is the type of the elements; 0 for a dead tensor.
func (t *Tensor) DType() DType {
	if t == nil || t.handle == nil {
		return 0
	}
	return DType(C.glue_dtype(t.c()))
}

// Cast rounds to a dtype; a tensor that has it already is returned itself.
func (s *Scope) Cast(t *Tensor, to DType) *Tensor {
	if s.err == nil && t.DType() == to {
		return t
	}
	return s.call("to", func(out *libtch.Ctensor) { libtch.AtgToDtype(out, t.handle, int32(to), 0, 0) }, t)
}

// Load makes a tensor of dtype `to` from little-endian values of dtype `from` that
// may lie in a mapped file, at any address; nothing of bytes is kept.
func (s *Scope) Load(bytes []byte, from, to DType, shape ...int64) *Tensor {
	if from.Size() == 0 || len(bytes)%from.Size() != 0 {
		s.fail(fmt.Errorf("torch: load: %d bytes are not values of %v", len(bytes), from))
		return &Tensor{}
	}
	return s.load(unsafe.Pointer(unsafe.SliceData(bytes)), len(bytes)/from.Size(), from, to, shape)
}

package torch

// #include "glue.h"
import "C"

import (
	"fmt"
	"slices"
	"unsafe"
)

// Shape lists the sizes; nil for a dead tensor and for a scalar.
func (t *Tensor) Shape() []int64 {
	if t == nil || t.handle == nil {
		return nil
	}
	n := int(C.glue_dims(t.c()))
	if n == 0 {
		return nil
	}
	shape := make([]int64, n)
	C.glue_shape(t.c(), (*C.int64_t)(unsafe.Pointer(&shape[0])))
	return shape
}

// Size is one size of the shape, 0 for a dead tensor.
func (t *Tensor) Size(dim int) int64 {
	shape := t.Shape()
	if dim >= len(shape) {
		return 0
	}
	return shape[dim]
}

// Floats copies float32 values into a new tensor of the shape.
func (s *Scope) Floats(data []float32, shape ...int64) *Tensor {
	return s.load(unsafe.Pointer(unsafe.SliceData(data)), len(data), Float32, Float32, shape)
}

// Ints copies int64 values, such as indices, into a new tensor of the shape.
func (s *Scope) Ints(data []int64, shape ...int64) *Tensor {
	return s.load(unsafe.Pointer(unsafe.SliceData(data)), len(data), Int64, Int64, shape)
}

func (s *Scope) load(data unsafe.Pointer, n int, from, to DType, shape []int64) *Tensor {
	want := int64(1)
	for _, d := range shape {
		want *= d
	}
	if want != int64(n) {
		s.fail(fmt.Errorf("torch: %d values do not fill the shape %v", n, shape))
	}
	return s.fused("load", func(out *C.glue_tensor) C.glue_error {
		return C.glue_from_memory(out, data, (*C.int64_t)(unsafe.SliceData(slices.Clone(shape))), C.int(len(shape)),
			C.int(from), C.int(to), C.int(s.device))
	})
}

// Read copies a tensor's values as float32, row-major.
func (s *Scope) Read(t *Tensor) []float32 {
	values := make([]float32, s.elements(t))
	s.ReadInto(t, values)
	return values
}

// ReadInto copies a tensor's values into memory of exactly its size.
func (s *Scope) ReadInto(t *Tensor, values []float32) {
	if s.ready("read", []*Tensor{t}) {
		s.check("read", C.glue_to_memory(t.c(), unsafe.Pointer(unsafe.SliceData(values)), C.size_t(4*len(values)), C.int(Float32)))
	}
}

// Scalar is the value of a tensor with one element.
func (s *Scope) Scalar(t *Tensor) float64 {
	var value float64
	if s.ready("scalar", []*Tensor{t}) {
		s.check("scalar", C.glue_to_memory(t.c(), unsafe.Pointer(&value), 8, C.int(Float64)))
	}
	return value
}

// Write overwrites a tensor's values, row-major, in place, rounded to its dtype.
func (s *Scope) Write(t *Tensor, values []float32) {
	if s.ready("write", []*Tensor{t}) {
		s.check("write", C.glue_write(t.c(), (*C.float)(unsafe.SliceData(values)), C.size_t(len(values))))
	}
}

func (s *Scope) elements(t *Tensor) int64 {
	n := int64(1)
	for _, d := range t.Shape() {
		n *= d
	}
	return n
}

func (s *Scope) check(name string, text C.glue_error) {
	if err := failure(text); err != nil {
		s.fail(fmt.Errorf("torch: %s: %w", name, err))
	}
}

// PeakMemory is the most bytes that tensors on a CUDA device took together since
// ResetPeakMemory; 0 on a CPU, where the system counts for the whole process.
func (e *Executor) PeakMemory(device Device) (int64, error) {
	var bytes C.int64_t
	err := failure(C.glue_peak_memory(C.int(device), &bytes))
	return int64(bytes), err
}

// ResetPeakMemory lets PeakMemory begin again.
func (e *Executor) ResetPeakMemory(device Device) error {
	return failure(C.glue_reset_peak_memory(C.int(device)))
}

// EmptyCache gives memory that libtorch keeps for later tensors back to the CUDA
// devices, such as after ErrOutOfMemory. It does nothing on a CPU.
func (e *Executor) EmptyCache() error { return failure(C.glue_empty_cache()) }

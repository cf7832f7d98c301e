package torch

// #include "glue.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Capabilities is what this build can do beyond the generated calls.
type Capabilities struct {
	SDPA   bool // libtorch's fused attention, from release 2.1
	Packed bool // our attention over packed sequences: CPU, float32
	CUDA   bool // built with CUDA
}

// Able reports the build's capabilities.
func Able() Capabilities {
	c := C.glue_capabilities()
	return Capabilities{SDPA: c&C.GLUE_HAS_SDPA != 0, Packed: c&C.GLUE_HAS_PACKED != 0, CUDA: c&C.GLUE_HAS_CUDA != 0}
}

// Version is the release of libtorch that this was compiled with.
func Version() string { return C.GoString(C.glue_version()) }

// CUDADevices is the number of CUDA devices that can be used.
func CUDADevices() int { return int(C.glue_cuda_devices()) }

// Seed sets libtorch's own generators. Dropout needs no seed but its own.
func (s *Scope) Seed(seed uint64) { s.check("seed", C.glue_seed(C.uint64_t(seed))) }

// chunkFloats bounds the logits that are alive at a time (64 MiB). Each chunk's
// products pack the whole table: with 4 << 20 that was an eighth of a step of GPT-2
// small that predicts words.
const chunkFloats = 16 << 20

// HeadLoss is the sum over rows r of hidden [R,K], and over the targets t of row
// r (targets[starts[r]:starts[r+1]], ascending rows), of -ln softmax(table h_r)[t],
// table [V,K]: a float32 scalar. Gradients of both are made on the way, in chunks.
// Products are computed in the table's dtype, softmax and loss in float32.
func (s *Scope) HeadLoss(hidden, table *Tensor, starts, targets []int64) *Tensor {
	if rows := hidden.Size(0); s.err == nil && rows+1 != int64(len(starts)) {
		s.fail(fmt.Errorf("torch: head_loss: %d rows and %d starts", rows, len(starts)))
	}
	return s.fused("head_loss", func(out *C.glue_tensor) C.glue_error {
		return C.glue_head_loss(out, hidden.c(), table.c(), (*C.int64_t)(unsafe.Pointer(&starts[0])),
			(*C.int64_t)(unsafe.Pointer(unsafe.SliceData(targets))), chunkFloats)
	}, hidden, table)
}

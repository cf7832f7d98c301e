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

// Seed sets libtorch's own generators; our CPU kernels take a seed per call.
func (s *Scope) Seed(seed uint64) { s.check("seed", C.glue_seed(C.uint64_t(seed))) }

// GELU is x Phi(x), exactly or in the tanh form of GPT-2.
func (s *Scope) GELU(x *Tensor, tanhForm bool) *Tensor {
	form := C.int(0)
	if tanhForm {
		form = 1
	}
	return s.fused("gelu", func(out *C.glue_tensor) C.glue_error { return C.glue_gelu(out, x.c(), form) }, x)
}

// DropoutAdd is residual + dropout(x), both of one shape. What is dropped on a
// CPU depends on the seed and the place alone, not on the threads.
func (s *Scope) DropoutAdd(x, residual *Tensor, rate float64, seed uint64) *Tensor {
	if rate == 0 {
		return s.Add(residual, x)
	}
	return s.fused("dropout_add", func(out *C.glue_tensor) C.glue_error {
		return C.glue_dropout_add(out, x.c(), residual.c(), C.double(rate), C.uint64_t(seed))
	}, x, residual)
}

// Dropout sets elements to zero with probability rate and scales up the rest.
func (s *Scope) Dropout(x *Tensor, rate float64, seed uint64) *Tensor {
	if rate == 0 {
		return x
	}
	return s.fused("dropout", func(out *C.glue_tensor) C.glue_error {
		return C.glue_dropout_add(out, x.c(), nil, C.double(rate), C.uint64_t(seed))
	}, x)
}

// PackedAttention is causal attention inside each of the sequences that lie one
// after another in qkv [S,3K], sequence i in rows starts[i]..starts[i+1]; the
// columns are queries, keys, values, each of heads x K/heads. -> [S,K].
func (s *Scope) PackedAttention(qkv *Tensor, starts []int64, heads int, scale, dropout float64, seed uint64) *Tensor {
	return s.fused("packed_attention", func(out *C.glue_tensor) C.glue_error {
		return C.glue_packed_attention(out, qkv.c(), (*C.int64_t)(unsafe.Pointer(&starts[0])), C.int(len(starts)-1),
			C.int(heads), C.double(scale), C.double(dropout), C.uint64_t(seed))
	}, qkv)
}

// SDPA is libtorch's fused causal attention of q, k, v [B,H,T,D] -> [B,H,T,D].
func (s *Scope) SDPA(q, k, v *Tensor, scale, dropout float64) *Tensor {
	return s.fused("sdpa", func(out *C.glue_tensor) C.glue_error {
		return C.glue_sdpa(out, q.c(), k.c(), v.c(), C.double(scale), C.double(dropout))
	}, q, k, v)
}

// chunkFloats bounds the logits that are alive at a time (16 MiB).
const chunkFloats = 4 << 20

// HeadLoss is the sum over rows r of hidden [R,K], and over the targets t of row
// r (targets[starts[r]:starts[r+1]], ascending rows), of -ln softmax(table h_r)[t],
// table [V,K]: a scalar. Gradients of both are made on the way, in chunks.
func (s *Scope) HeadLoss(hidden, table *Tensor, starts, targets []int64) *Tensor {
	if rows := hidden.Size(0); s.err == nil && rows+1 != int64(len(starts)) {
		s.fail(fmt.Errorf("torch: head_loss: %d rows and %d starts", rows, len(starts)))
	}
	return s.fused("head_loss", func(out *C.glue_tensor) C.glue_error {
		return C.glue_head_loss(out, hidden.c(), table.c(), (*C.int64_t)(unsafe.Pointer(&starts[0])),
			(*C.int64_t)(unsafe.Pointer(unsafe.SliceData(targets))), chunkFloats)
	}, hidden, table)
}

package torch

// #include "glue.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Heads says how attention looks.
type Heads struct {
	Heads  int     // of queries, H
	Groups int     // of keys and values, G; query head h uses group h/(H/G). 0 means Heads
	Scale  float64 // of the scores
	Causal bool    // query i of a sequence sees its keys 0..i alone
	Drop   Drop    // from the weights
}

func (h Heads) c() C.glue_attention {
	groups, causal := h.Groups, C.int(0)
	if groups == 0 {
		groups = h.Heads
	}
	if h.Causal {
		causal = 1
	}
	return C.glue_attention{heads: C.int(h.Heads), groups: C.int(groups), scale: C.double(h.Scale), causal: causal, drop: h.Drop.c()}
}

// FusedAttention is causal self-attention inside each of the sequences that lie
// one after another in qkv [S,3K], sequence i in rows starts[i]..starts[i+1]; the
// columns are queries, keys, values, each of H x K/H. -> [S,K]. On a CPU; float32
// inside.
func (s *Scope) FusedAttention(qkv *Tensor, starts []int64, h Heads) *Tensor {
	h.Causal = true
	return s.fused("fused_attention", func(out *C.glue_tensor) C.glue_error {
		return C.glue_fused_attention(out, qkv.c(), starting(starts), C.int(len(starts)-1), h.c())
	}, qkv)
}

// PackedAttention lets queries q [S,H D] of the sequences `to` look at keys and
// values k, v [T,G D] of the sequences `from`, sequence i at sequence i. -> [S,H D].
// bias may be nil; else it is [H,2L-1], L the longest of all these sequences, and
// entry L-1+(j-i) is added to the score of query i and key j. A query without
// keys gets zeros. On a CPU; float32 inside.
func (s *Scope) PackedAttention(q, k, v, bias *Tensor, to, from []int64, h Heads) *Tensor {
	if s.err == nil && len(to) != len(from) {
		s.fail(fmt.Errorf("torch: packed_attention: %d sequences look at %d", len(to)-1, len(from)-1))
	}
	return s.fused("packed_attention", func(out *C.glue_tensor) C.glue_error {
		return C.glue_packed_attention(out, q.c(), k.c(), v.c(), bias.c(), starting(to), starting(from), C.int(len(to)-1), h.c())
	}, some(q, k, v, bias)...)
}

// SDPA is libtorch's fused attention of q [B,H,T,D] to k, v [B,H,U,D], with mask
// added to the scores unless it is nil: [..,T,U] of q's dtype. -> [B,H,T,D].
// h.Heads and h.Groups are not looked at.
func (s *Scope) SDPA(q, k, v, mask *Tensor, h Heads) *Tensor {
	return s.fused("sdpa", func(out *C.glue_tensor) C.glue_error {
		return C.glue_sdpa(out, q.c(), k.c(), v.c(), mask.c(), h.c())
	}, some(q, k, v, mask)...)
}

func starting(starts []int64) *C.int64_t {
	return (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(starts)))
}

// some drops a last argument that is nil.
func some(all ...*Tensor) []*Tensor {
	if all[len(all)-1] == nil {
		return all[:len(all)-1]
	}
	return all
}

package torch

// #include "glue.h"
import "C"

import (
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// Train makes a tensor a leaf that gathers gradients.
func (s *Scope) Train(t *Tensor) *Tensor {
	if s.ready("requires_grad", []*Tensor{t}) {
		s.check("requires_grad", C.glue_requires_grad(t.c(), 1))
	}
	return t
}

// Grad copies the gradient of a leaf; nil where it has none.
func (s *Scope) Grad(leaf *Tensor) []float32 {
	if !s.ready("grad", []*Tensor{leaf}) {
		return nil
	}
	var out C.glue_tensor
	s.check("grad", C.glue_grad(&out, leaf.c()))
	if out == nil {
		return nil
	}
	return s.Read(s.own(libtch.Ctensor(unsafe.Pointer(out))))
}

// ClearGrad forgets the gradients of leaves.
func (s *Scope) ClearGrad(leaves []*Tensor) {
	if s.ready("clear_grad", leaves) {
		for _, leaf := range leaves {
			C.glue_clear_grad(leaf.c())
		}
	}
}

// GradNorm is the Euclidean norm of all gradients of the leaves together; NaN or
// infinite when any of them is.
func (s *Scope) GradNorm(leaves []*Tensor) float64 {
	var norm float64
	if len(leaves) > 0 && s.ready("grad_norm", leaves) {
		handles := list(leaves)
		s.check("grad_norm", C.glue_grad_norm(&handles[0], C.int(len(handles)), (*C.double)(&norm)))
	}
	return norm
}

// AdamStep is one step of Adam as torch.optim.Adam computes it.
type AdamStep struct {
	Rate, Beta1, Beta2, Eps float64
	Decay                   float64 // decoupled weight decay, 0 for plain Adam
	Clip                    float64 // factor on every gradient, 1 for none
	Step                    int64   // 1 for the first
}

// Adam updates float32 leaves and their moments in place from the leaves' gradients. A
// leaf without a gradient has a zero one: its moments fade and still move it.
func (s *Scope) Adam(leaves, first, second []*Tensor, a AdamStep) {
	if len(leaves) == 0 || !s.ready("adam", leaves) || !s.ready("adam", first) || !s.ready("adam", second) {
		return
	}
	p, m, v := list(leaves), list(first), list(second)
	how := C.glue_adam{rate: C.double(a.Rate), beta1: C.double(a.Beta1), beta2: C.double(a.Beta2), eps: C.double(a.Eps),
		decay: C.double(a.Decay), clip: C.double(a.Clip), step: C.int64_t(a.Step)}
	s.check("adam", C.glue_adam_step(&p[0], &m[0], &v[0], C.int(len(p)), how))
}

func list(tensors []*Tensor) []C.glue_tensor {
	handles := make([]C.glue_tensor, len(tensors))
	for i, t := range tensors {
		handles[i] = t.c()
	}
	return handles
}

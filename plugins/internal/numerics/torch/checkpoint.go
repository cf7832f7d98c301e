package torch

// #include "glue.h"
import "C"

import "github.com/sugarme/gotch/libtch"

// Gradient checkpointing (Chen et al. 2016): what a body computes between its
// inputs and its output is thrown away and computed again in the backward pass.
// The scope is the tape. What enters a body and needs a gradient is cut off into a
// leaf, and so is what comes out; Backward goes over the tape in reverse, each
// time from the gradient that a leaf has gathered.

// Body computes one tensor from others with the operations of the scope it is
// given. It must do the same each time it is called: the same dropout above all.
type Body func(s *Scope, in ...*Tensor) *Tensor

// replay is an entry of the tape: the gradient that leaf gathers goes on into the
// tensor that it was cut off from or, where that is nil, into body(in).
type replay struct {
	leaf *Tensor
	cut  *Tensor
	body Body
	in   []*Tensor
}

// Checkpoint is body(in), of which only in and the result are kept. Without grad
// mode it is the body alone. Only this scope's Backward knows of it.
func (s *Scope) Checkpoint(body Body, in ...*Tensor) *Tensor {
	if !s.here("checkpoint") {
		return &Tensor{}
	}
	if C.glue_grad_enabled() == 0 {
		return s.Passing(body, in...)
	}
	in = s.cut(in)
	inner := s.Nested()
	defer inner.Close()
	var leaf *Tensor
	s.NoGrad(func() { leaf = s.leaf(inner, body(inner, in...)) })
	s.tape = append(s.tape, replay{leaf: leaf, body: body, in: in})
	return leaf
}

// Passing is body(in), of whose tensors only the result is kept where no gradient will ask
// for the others: without grad mode. With it, it is the body alone.
func (s *Scope) Passing(body Body, in ...*Tensor) *Tensor {
	if !s.here("passing") {
		return &Tensor{}
	}
	if C.glue_grad_enabled() != 0 {
		return body(s, in...)
	}
	inner := s.Nested()
	defer inner.Close()
	out := s.Adopt(body(inner, in...))
	s.inherit(inner)
	return out
}

// Passed frees a tensor of the scope before its end, where no gradient will ask for it:
// without grad mode. With it, the tensor stays.
func (s *Scope) Passed(t *Tensor) {
	if !s.here("passed") || C.glue_grad_enabled() != 0 || t.owner != s {
		return
	}
	s.exec.live.Add(-1)
	libtch.AtFree(t.handle)
	t.handle, t.owner = nil, nil
}

// cut replaces what a gradient must flow into by leaves.
func (s *Scope) cut(in []*Tensor) []*Tensor {
	if !s.ready("checkpoint", in) {
		return in
	}
	out := make([]*Tensor, len(in))
	for i, t := range in {
		out[i] = t
		if C.glue_needs_grad(t.c()) != 0 && C.glue_is_leaf(t.c()) == 0 {
			out[i] = s.cutOff(t)
		}
	}
	return out
}

// cutOff is the one leaf for t: all bodies that take t share it.
func (s *Scope) cutOff(t *Tensor) *Tensor {
	for _, r := range s.tape {
		if r.cut == t {
			return r.leaf
		}
	}
	leaf := s.leaf(s, t)
	s.tape = append(s.tape, replay{leaf: leaf, cut: t})
	return leaf
}

// leaf makes a leaf of this scope from a result of another.
func (s *Scope) leaf(from *Scope, t *Tensor) *Tensor {
	s.inherit(from)
	return s.fused("leaf", func(out *C.glue_tensor) C.glue_error { return C.glue_leaf(out, t.c()) }, t)
}

// Backward adds the gradients of a scalar to the leaves.
func (s *Scope) Backward(loss *Tensor) {
	s.unroll(func(retain C.int) C.glue_error { return C.glue_backward(loss.c(), retain) }, loss)
}

// unroll does the first backward pass and then those of the tape.
func (s *Scope) unroll(first func(retain C.int) C.glue_error, args ...*Tensor) {
	if !s.ready("backward", args) {
		return
	}
	tape, retain := s.tape, C.int(0)
	s.tape = nil
	if len(tape) > 0 {
		retain = 1 // what was cut off may also have been used as it is: two passes go through it
	}
	s.check("backward", first(retain))
	for i := len(tape) - 1; i >= 0 && s.err == nil; i-- {
		if r := tape[i]; r.body != nil {
			s.again(r)
		} else {
			s.check("backward", C.glue_backward_from(r.cut.c(), r.leaf.c(), retain))
		}
	}
}

// again computes a body with gradients and sends its output's gradient through.
func (s *Scope) again(r replay) {
	if C.glue_has_grad(r.leaf.c()) == 0 {
		return
	}
	inner := s.Nested()
	defer inner.Close()
	out := r.body(inner, r.in...)
	inner.unroll(func(retain C.int) C.glue_error { return C.glue_backward_from(out.c(), r.leaf.c(), retain) }, out, r.leaf)
	s.inherit(inner)
}

package torch

// #include "glue.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/sugarme/gotch/libtch"
)

// Bag adds up weighted rows: table [R,K], index [n], starts [B] (bag b is
// index[starts[b]:starts[b+1]], the last one ends with index), weights [n] without
// gradient -> [B,K]. An empty bag is zero. It is a sparse matrix [B,R] times table.
// The table's gradient is dense.
func (s *Scope) Bag(table, index, starts, weights *Tensor) *Tensor {
	if !s.ready("embedding_bag", []*Tensor{table, index, starts, weights}) {
		return &Tensor{}
	}
	const sum = 0
	var out [4]libtch.Ctensor // of which the last three serve the backward pass
	libtch.AtgEmbeddingBag(&out[0], table.handle, index.handle, starts.handle, 0, sum, 0, weights.handle, 0)
	return s.several("embedding_bag", out[:], table, index, starts, weights)[0]
}

// GRU is one layer of gated recurrent units (Cho et al. 2014) as torch.nn.GRU
// computes them, from a state of zeros, over sequences that are packed step by
// step: x [S,I] holds the first inputs of all sequences, longest sequence first,
// then the second ones, and so on; sizes says how many sequences have a step. The
// weights are [3H,I], [3H,H], [3H], [3H] for reset, update and new gate. -> [S,H].
func (s *Scope) GRU(x *Tensor, sizes []int64, inputs, states, inputBias, stateBias *Tensor) *Tensor {
	if len(sizes) == 0 {
		s.fail(fmt.Errorf("torch: gru: no steps"))
	}
	width := states.Size(1)
	if !s.ready("gru", []*Tensor{x, inputs, states, inputBias, stateBias}) {
		return &Tensor{}
	}
	cpu := &Scope{exec: s.exec, device: CPU} // where libtorch wants the numbers of sequences
	steps := s.Adopt(cpu.Ints(sizes, int64(len(sizes))))
	s.inherit(cpu)
	start := s.Zeros(1, sizes[0], width)
	if s.err != nil {
		return &Tensor{}
	}
	var out [2]libtch.Ctensor
	weights := []libtch.Ctensor{inputs.handle, states.handle, inputBias.handle, stateBias.handle}
	libtch.AtgGruData(&out[0], x.handle, steps.handle, start.handle, weights, len(weights), 1, 1, 0, 1, 0)
	return s.several("gru", out[:], x, inputs, states, inputBias, stateBias)[0]
}

// several owns what a generated call with more than one result left.
func (s *Scope) several(name string, out []libtch.Ctensor, args ...*Tensor) []*Tensor {
	all, err := make([]*Tensor, len(out)), generated()
	for i, handle := range out {
		all[i] = s.result(name, handle, err, args)
	}
	return all
}

// SetRows overwrites rows of a table [R,K] in place: those at index [n], each once,
// by source [n,K]. Outside of gradients.
func (s *Scope) SetRows(table, index, source *Tensor) {
	s.inPlace(func(out *libtch.Ctensor) { libtch.AtgIndexCopy_(out, table.handle, 0, index.handle, source.handle) }, table, index, source)
}

// AddRows adds source [n,K] to the rows of a table [R,K] at index [n], each once, in
// place. Outside of gradients.
func (s *Scope) AddRows(table, index, source *Tensor) {
	s.inPlace(func(out *libtch.Ctensor) { libtch.AtgIndexAdd_(out, table.handle, 0, index.handle, source.handle) }, table, index, source)
}

// inPlace runs a call whose result is another handle of its first argument.
func (s *Scope) inPlace(do func(out *libtch.Ctensor), args ...*Tensor) {
	s.NoGrad(func() { s.call("rows in place", do, args...) })
}

// Gradient is the gradient of a leaf as a tensor; nil where it has none.
func (s *Scope) Gradient(leaf *Tensor) *Tensor {
	if !s.ready("grad", []*Tensor{leaf}) {
		return nil
	}
	var out C.glue_tensor
	s.check("grad", C.glue_grad(&out, leaf.c()))
	if out == nil {
		return nil
	}
	return s.own(libtch.Ctensor(unsafe.Pointer(out)))
}

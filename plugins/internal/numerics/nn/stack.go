package nn

import "cllm4rec/plugins/internal/numerics/torch"

// Layers sends h [S,K], in's first, through a stack of layers one after another,
// each by Layer; the rest of in is the same for all. rows are those whose last
// hidden states are wanted, ascending (nil: all); only the last layer is given
// them, and gives [R,K]. Without gradients a layer's tensors, but for its result, are gone
// behind it, and its result behind the next one.
func Layers[L any](s *torch.Scope, checkpoint bool, d *Dropout, layers []L, rows []int64,
	apply func(s *torch.Scope, layer L, d *Dropout, rows []int64, in ...*torch.Tensor) *torch.Tensor, in ...*torch.Tensor) *torch.Tensor {
	h, rest := in[0], in[1:]
	for i, layer := range layers {
		wanted := rows
		if i < len(layers)-1 {
			wanted = nil
		}
		below := h
		h = Layer(s, checkpoint, d, func(s *torch.Scope, d *Dropout, in ...*torch.Tensor) *torch.Tensor {
			return apply(s, layer, d, wanted, in...)
		}, append([]*torch.Tensor{h}, rest...)...)
		if i > 0 {
			s.Passed(below)
		}
	}
	return h
}

// Pick gives what keeps the wanted rows of a tensor, [S,..] -> [R,..], or all where
// rows is nil. From here on d draws for those alone.
func Pick(s *torch.Scope, d *Dropout, rows []int64) func(x *torch.Tensor) *torch.Tensor {
	if rows == nil {
		return func(x *torch.Tensor) *torch.Tensor { return x }
	}
	d.Picked()
	at := s.Ints(rows, int64(len(rows)))
	return func(x *torch.Tensor) *torch.Tensor { return s.Rows(x, at) }
}

// Pick describes the sequences of the wanted rows, or of all where rows is nil.
func (q *Sequences) Pick(s *torch.Scope, rows []int64, kernel Kernel) *Sequences {
	if rows == nil {
		return q
	}
	starts, next := []int64{0}, 0
	for _, end := range q.Starts[1:] {
		for next < len(rows) && rows[next] < end {
			next++
		}
		starts = append(starts, int64(next))
	}
	return NewSequences(s, starts, kernel)
}

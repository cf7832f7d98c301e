package lm

import (
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// itemHead is what the logits of items are a product of: hidden states [P,K], scaled,
// and Z^v [J,K]. Biases are one more column of the latter, beside a column of ones.
func (h *forwardPass) itemHead(x *torch.Tensor) (states, table *torch.Tensor) {
	s := h.scope
	states, table = scaled(s, s.Cast(x, torch.Float32), h.model.Head().Scale), h.items
	if h.tower.bias == nil {
		return states, table
	}
	ones := s.Full(torch.Float32, 1, x.Size(0), 1)
	return s.Join(1, states, ones), s.Join(1, table, h.tower.bias)
}

// extends refuses the softmax over all tokens to a tower whose items have biases.
func (t *tower) extends(extended bool) error {
	if extended && t.bias != nil {
		return contract.Errorf(contract.ErrInvalid, "the items of tower %q have biases, which the softmax over words, users and items has not", t.name)
	}
	return nil
}

// shifted adds the offsets of the examples to logits [P,J].
func (h *forwardPass) shifted(logits *torch.Tensor) *torch.Tensor {
	if len(h.batch.offsets) == 0 {
		return logits
	}
	rows, items := logits.Size(0), logits.Size(1)
	values := make([]float32, rows*items)
	for _, o := range h.batch.offsets {
		row := values[o.row*items : (o.row+1)*items]
		for j := range row {
			row[j] = o.Else
		}
		for i, j := range o.Items {
			row[j] = o.Values[i]
		}
	}
	return h.scope.Add(logits, h.scope.Floats(values, rows, items))
}

// partialLoss is the sum over rows of logits [P,J] and over their targets of -ln
// softmax, in which the items that a row excludes have no part.
func (h *forwardPass) partialLoss(logits *torch.Tensor) *torch.Tensor {
	s, b := h.scope, h.batch
	rows, items := int(logits.Size(0)), int(logits.Size(1))
	outside, hits, counts := make([]float32, rows*items), make([]float32, rows*items), make([]float32, rows)
	for _, e := range b.excluded {
		outside[int(e.row)*items+int(e.item)] = float32(math.Inf(-1))
	}
	for row := range rows {
		for _, j := range b.targets[b.targetStarts[row]:b.targetStarts[row+1]] {
			hits[row*items+int(j)]++
			counts[row]++
		}
	}
	shape := []int64{int64(rows), int64(items)}
	normaliser := s.Reshape(s.LogSumExp(s.Add(logits, s.Floats(outside, shape...))), int64(rows))
	wanted := s.Sum(s.Mul(logits, s.Floats(hits, shape...)))
	return s.Sub(s.Sum(s.Mul(normaliser, s.Floats(counts, int64(rows)))), wanted)
}

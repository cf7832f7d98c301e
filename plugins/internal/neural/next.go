package neural

import (
	"math"

	"cllm4rec/plugins/internal/numerics/torch"
)

// NextOfAll is the mean over positions of -ln softmax(table h)_next, over all items:
// h [S,K], next the following item of each position, sequence by sequence.
func (s *Step) NextOfAll(h *torch.Tensor, table string, next [][]int32) *torch.Tensor {
	var targets [][]int32
	for _, row := range next {
		for i := range row {
			targets = append(targets, row[i:i+1])
		}
	}
	return s.Scale(s.SoftmaxLoss(h, table, targets), 1/float64(len(targets)))
}

// NextOfSampled is the same over the next item and k items that the sampler draws, which
// all positions of the step share, corrected by how likely each was drawn. A next
// item is no negative of itself.
func (s *Step) NextOfSampled(h *torch.Tensor, table string, next [][]int32, sampler *Sampler, k int) *torch.Tensor {
	var targets, others []int64
	for range k {
		others = append(others, int64(sampler.Draw(s.Draws)))
	}
	for _, row := range next {
		for _, item := range row {
			targets = append(targets, int64(item))
		}
	}
	n := int64(len(targets))
	hidden := make([]float32, len(targets)*k)
	for i, target := range targets {
		for j, other := range others {
			if target == other {
				hidden[i*k+j] = float32(math.Inf(-1))
			}
		}
	}
	positive := s.Dots(h, s.LookUp(table, targets))                     // [S,1]
	negative := s.MatMul(h, s.Transpose(s.LookUp(table, others), 0, 1)) // [S,k]
	return s.SampledSoftmax(positive, s.Add(negative, s.Floats(hidden, n, int64(k))),
		s.Floats(sampler.LogQs(targets), n, 1), s.Floats(sampler.LogQs(others), 1, int64(k)))
}

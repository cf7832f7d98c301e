package neural

import (
	"math"

	"cllm4rec/plugins/internal/numerics/torch"
)

// Dots are the products of each row of h [n,K] with its own k of the rows of
// others [n*k,K]: [n,k].
func (s *Step) Dots(h, others *torch.Tensor) *torch.Tensor {
	n, width := h.Size(0), h.Size(1)
	k := others.Size(0) / max(n, 1)
	products := s.MatMul(s.Reshape(others, n, k, width), s.Reshape(h, n, width, 1)) // [n,k,1]
	return s.Reshape(products, n, k)
}

// BinaryCrossEntropy is the mean over n of
//
//	-beta ln s(x+) - sum over k of ln(1 - s(x-))
//
// for scores x+ [n,1] of positives and x- [n,k] of their negatives, s the logistic
// function; beta is 1, or GBCE's.
func (s *Step) BinaryCrossEntropy(positive, negative *torch.Tensor, beta float64) *torch.Tensor {
	yes := s.Scale(s.LogSigmoid(positive), beta)              // [n,1]
	no := s.SumLast(s.LogSigmoid(s.Scale(negative, -1)))      // [n,1]
	return s.Scale(s.Sum(s.Add(yes, no)), -1/count(positive)) // scalar
}

// GBCE is the power of s(x+) that undoes the overconfidence of k sampled negatives
// among n items (Petrov & Macdonald 2023, eq. 12): a (t (1 - 1/a) + 1/a) with the
// share a = k/(n-1) of negatives that is sampled. t 0 is plain binary
// cross-entropy, t 1 calibrates fully.
func GBCE(items, negatives int, t float64) float64 {
	share := float64(negatives) / float64(max(items-1, 1))
	return share * (t*(1-1/share) + 1/share)
}

// Pairwise is the mean over n and k of -ln s(x+ - x-) (Rendle et al. 2009), of scores
// [n,1] and [n,k].
func (s *Step) Pairwise(positive, negative *torch.Tensor) *torch.Tensor {
	return s.Scale(s.Sum(s.SumLast(s.LogSigmoid(s.Sub(positive, negative)))), -1/count(negative))
}

// SampledSoftmax is the mean over n of -ln softmax(x+, x-)_+ of scores [n,1] and
// [n,k] from which the logarithm of the items' probability of being drawn, [n,1] and
// [n,k] or of a shape that broadcasts, is taken (Bengio & Senecal 2008).
func (s *Step) SampledSoftmax(positive, negative, positiveLogQ, negativeLogQ *torch.Tensor) *torch.Tensor {
	x := s.Sub(positive, positiveLogQ)                              // [n,1]
	all := s.LogSumExp(s.Join(1, x, s.Sub(negative, negativeLogQ))) // [n,1]
	return s.Scale(s.Sum(s.Sub(all, x)), 1/count(positive))
}

// InBatch is the mean over n of -ln softmax(q_i v_j' - ln Q_j)_i: row i of the queries
// [n,K] against the items [n,K] of all others of the batch, corrected by the
// logarithm of their probability logQ [n] (Yi et al. 2019). Where ids are equal, an
// item is no negative of itself.
func (s *Step) InBatch(queries, items *torch.Tensor, ids []int64, logQ []float32) *torch.Tensor {
	n := int64(len(ids))
	hidden := make([]float32, n*n)
	for i := range ids {
		for j := range ids {
			if i != j && ids[i] == ids[j] {
				hidden[int64(i)*n+int64(j)] = float32(math.Inf(-1))
			}
		}
	}
	x := s.Sub(s.MatMul(queries, s.Transpose(items, 0, 1)), s.Floats(logQ, 1, n)) // [n,n]
	own := s.Sub(s.SumLast(s.Mul(queries, items)), s.Floats(logQ, n, 1))          // [n,1]
	all := s.LogSumExp(s.Add(x, s.Floats(hidden, n, n)))                          // [n,1]
	return s.Scale(s.Sum(s.Sub(all, own)), 1/float64(n))
}

// count is the number of elements, at least 1.
func count(t *torch.Tensor) float64 { return float64(max(elements(t.Shape()), 1)) }

package nn

import (
	"math"

	"cllm4rec/plugins/internal/numerics/torch"
)

// RelativeBias is T5's (Raffel et al. 2020, section 2.1): a number per head and
// bucket of distances that is added to the scores.
type RelativeBias struct {
	Table         *torch.Tensor // [Buckets,H]
	Buckets       int
	MaxDistance   int  // distances from here on share the last bucket
	Bidirectional bool // half of the buckets are for keys behind the query
}

// Diagonals is the bias of every distance between queries and keys, [H,2L-1] with L
// the longer of both: entry L-1+(j-i) is that of query i and key j.
func (r RelativeBias) Diagonals(s *torch.Scope, longestTo, longestFrom int64) *torch.Tensor {
	l := max(longestTo, longestFrom)
	buckets := make([]int64, 0, 2*l)
	for distance := 1 - l; distance < l; distance++ {
		buckets = append(buckets, r.Bucket(distance))
	}
	return s.Transpose(s.Rows(r.Table, s.Ints(buckets, int64(len(buckets)))), 0, 1)
}

// Bucket is the bucket of a distance, that of the key less that of the query:
// each small one has its own, larger ones share them logarithmically. Computed in
// float32 as transformers does, so that the borders agree.
func (r RelativeBias) Bucket(distance int64) int64 {
	n, first := int64(r.Buckets), int64(0)
	if r.Bidirectional {
		n /= 2
		if distance > 0 {
			first = n
		}
		distance = max(distance, -distance)
	} else {
		distance = -min(distance, 0)
	}
	exact := n / 2
	if distance < exact {
		return first + distance
	}
	ratio := float32(math.Log(float64(float32(distance) / float32(exact))))
	ratio /= float32(math.Log(float64(r.MaxDistance) / float64(exact)))
	return first + min(exact+int64(ratio*float32(n-exact)), n-1)
}

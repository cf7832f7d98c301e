package nn

import (
	"math"

	"cllm4rec/plugins/internal/numerics/torch"
)

// Sequences says where the sequences of a packed matrix [S,K] begin and end.
type Sequences struct {
	Starts    []int64       // sequence i is rows Starts[i]..Starts[i+1]
	Positions *torch.Tensor // [S], place of a row in its own sequence, from 0
	longest   int64
	places    *torch.Tensor // [S], row in the padded layout; only for sdpa and plain, nil where nothing is padded
	absent    *torch.Tensor // [B,1,1,T], -Inf at padding; nil where there is none to hide
}

// NewSequences describes sequences of these starts, from 0 to S. kernel decides
// what is prepared.
func NewSequences(s *torch.Scope, starts []int64, kernel Kernel) *Sequences {
	q := &Sequences{Starts: starts}
	total := starts[len(starts)-1]
	for i := range len(starts) - 1 {
		q.longest = max(q.longest, q.length(i))
	}
	positions, places := make([]int64, 0, total), make([]int64, 0, total)
	for i := range len(starts) - 1 {
		for p := range q.length(i) {
			positions = append(positions, p)
			places = append(places, int64(i)*q.longest+p)
		}
	}
	q.Positions = s.Ints(positions, total)
	if padded := int64(len(starts)-1) * q.longest; kernel != Packed && total != padded {
		q.places = s.Ints(places, total)
		q.absent = q.padding(s)
	}
	return q
}

// Longest is the number of rows of the longest sequence.
func (q *Sequences) Longest() int64 { return q.longest }

func (q *Sequences) length(i int) int64 { return q.Starts[i+1] - q.Starts[i] }

// padding hides keys that are padding. A sequence without any row keeps them, for
// they are zeros: its queries then get zeros and not NaN.
func (q *Sequences) padding(s *torch.Scope) *torch.Tensor {
	n := int64(len(q.Starts) - 1)
	mask, hidden := make([]float32, n*q.longest), false
	for i := range int(n) {
		for p := q.length(i); p < q.longest && p > 0; p++ {
			mask[int64(i)*q.longest+p], hidden = float32(math.Inf(-1)), true
		}
	}
	if !hidden {
		return nil
	}
	return s.Floats(mask, n, 1, 1, q.longest)
}

// pad lays rows [S,heads*D] out as [B,heads,T,D] with zeros behind each sequence.
func (q *Sequences) pad(s *torch.Scope, x *torch.Tensor, heads int64) *torch.Tensor {
	n, wide := int64(len(q.Starts)-1), x.Size(1)
	if q.places != nil {
		x = s.PutRows(s.Full(x.DType(), 0, n*q.longest, wide), q.places, x) // [B*T,heads*D]
	}
	return s.Permute(s.Reshape(x, n, q.longest, heads, wide/max(heads, 1)), 0, 2, 1, 3) // [B,heads,T,D]
}

// unpad undoes pad.
func (q *Sequences) unpad(s *torch.Scope, x *torch.Tensor) *torch.Tensor {
	n, heads, width := x.Size(0), x.Size(1), x.Size(3)
	x = s.Reshape(s.Permute(x, 0, 2, 1, 3), n*q.longest, heads*width) // [B*T,heads*D]
	if q.places == nil {
		return x
	}
	return s.Rows(x, q.places) // [S,heads*D]
}

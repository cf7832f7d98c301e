package neural

import (
	"cmp"
	"math"
	"slices"

	"cllm4rec/plugins/internal/numerics/torch"
)

// DeclareGRU names the weights of Step.Recur: for reset, update and new gate one
// below the other, as torch.nn.GRU has them.
func DeclareGRU(p *Parameters, name string, in, width int) {
	bound := 1 / math.Sqrt(float64(width))
	p.Dense(name+".inputs", Uniform(bound), 3*width, in)
	p.Dense(name+".states", Uniform(bound), 3*width, width)
	p.Dense(name+".input_bias", Uniform(bound), 3*width)
	p.Dense(name+".state_bias", Uniform(bound), 3*width)
}

// Recur sends sequences x [S,I] through gated recurrent units (Cho et al. 2014), each
// from a state of zeros: the states [S,H].
func (s *Step) Recur(name string, x *torch.Tensor, q Packed) *torch.Tensor {
	rows, sizes := stepByStep(q.Starts)
	n := int64(len(rows))
	back := make([]int64, n)
	for at, row := range rows {
		back[row] = int64(at)
	}
	y := s.GRU(s.Rows(x, s.Ints(rows, n)), sizes, s.P(name+".inputs"), s.P(name+".states"), s.P(name+".input_bias"), s.P(name+".state_bias"))
	return s.Rows(y, s.Ints(back, n))
}

// stepByStep lists rows by their place in their sequence, longest sequence first, and
// how many sequences have each place.
func stepByStep(starts []int64) (rows, sizes []int64) {
	order := make([]int, len(starts)-1)
	for i := range order {
		order[i] = i
	}
	length := func(i int) int64 { return starts[i+1] - starts[i] }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(length(b), length(a)) })
	for at := int64(0); at < length(order[0]); at++ {
		size := int64(0)
		for _, i := range order {
			if length(i) <= at {
				break
			}
			rows, size = append(rows, starts[i]+at), size+1
		}
		sizes = append(sizes, size)
	}
	return rows, sizes
}

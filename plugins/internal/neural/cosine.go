package neural

import "cllm4rec/plugins/internal/numerics/torch"

// Unit brings the rows of x [n,K] to length 1; a row of zeros stays.
func (s *Step) Unit(x *torch.Tensor) *torch.Tensor {
	const least = 1e-24 // of a squared length
	return s.Div(x, s.Sqrt(s.AtLeast(s.SumLast(s.Square(x)), least)))
}

// MeanOf is the mean of a table's rows over the items of each history: [B,K], zero
// for an empty one.
func (s *Step) MeanOf(table string, histories [][]int32) *torch.Tensor {
	var items, starts, places []int64
	var weights []float32
	for _, history := range histories {
		starts = append(starts, int64(len(items)))
		for _, item := range history {
			places = append(places, int64(len(items)))
			items, weights = append(items, int64(item)), append(weights, 1/float32(len(history)))
		}
	}
	n := int64(len(items))
	if n == 0 {
		return s.Zeros(int64(len(histories)), s.P(table).Size(1))
	}
	return s.Bag(s.LookUp(table, items), s.Ints(places, n), s.Ints(starts, int64(len(starts))), s.Floats(weights, n))
}

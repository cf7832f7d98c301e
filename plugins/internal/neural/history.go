package neural

import (
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Histories are the histories of queries.
func Histories(queries []contract.Query) [][]int32 {
	rows := make([][]int32, len(queries))
	for i, q := range queries {
		rows[i] = q.History
	}
	return rows
}

// Rows are the users' rows of the training data.
func (d *Data) Rows(users []int32) [][]int32 {
	rows := make([][]int32, len(users))
	for i, u := range users {
		rows[i] = d.X.Row(int(u))
	}
	return rows
}

// UsersWith are the users with at least so many interactions.
func (d *Data) UsersWith(least int) []int32 {
	var users []int32
	for u := range d.Users {
		if len(d.X.Row(u)) >= least {
			users = append(users, int32(u))
		}
	}
	return users
}

// Of picks members of a list, such as users, by the numbers of examples.
func Of[T any](list []T, examples []int32) []T {
	out := make([]T, len(examples))
	for i, n := range examples {
		out[i] = list[n]
	}
	return out
}

// Encode is x/|x| W for rows x of zeros and ones, given by the items in them, after
// dropout of x in training, with the parameter W [items,K] -> [B,K]. It costs the
// items in the rows, not all.
func (s *Step) Encode(name string, rows [][]int32, dropout float64) *torch.Tensor {
	var items, starts []int64
	var weights []float32
	for _, row := range rows {
		starts = append(starts, int64(len(items)))
		norm := 1 / math.Sqrt(float64(len(row)))
		for _, item := range row {
			keep := norm
			if s.Training && dropout > 0 {
				keep = norm / (1 - dropout)
				if s.Draws.Float64() < dropout {
					continue
				}
			}
			items, weights = append(items, int64(item)), append(weights, float32(keep))
		}
	}
	n := int64(len(items))
	if n == 0 { // all was dropped, or nobody has a history
		return s.Zeros(int64(len(rows)), s.P(name).Size(1))
	}
	return s.Bag(s.P(name), s.Ints(items, n), s.Ints(starts, int64(len(starts))), s.Floats(weights, n))
}

// SoftmaxLoss is the sum over rows r of h [B,K], and over the items i of
// targets[r], of -ln softmax(table h_r)_i, with the parameter table [items,K]. Its
// logits exist a chunk of 64 MiB at a time.
func (s *Step) SoftmaxLoss(h *torch.Tensor, table string, targets [][]int32) *torch.Tensor {
	return s.SoftmaxOver(h, s.P(table), targets)
}

// SoftmaxOver is SoftmaxLoss over a table that is computed, such as one with a bias.
func (s *Step) SoftmaxOver(h, table *torch.Tensor, targets [][]int32) *torch.Tensor {
	starts, all := []int64{0}, []int64{}
	for _, row := range targets {
		for _, item := range row {
			all = append(all, int64(item))
		}
		starts = append(starts, int64(len(all)))
	}
	return s.HeadLoss(h, table, starts, all)
}

// Scores are h [B,K] times the parameter table [items,K]: [B,items].
func (s *Step) Scores(h *torch.Tensor, table string) *torch.Tensor {
	return s.MatMul(h, s.Transpose(s.P(table), 0, 1))
}

// Noise is N(0, 1) of a shape.
func (s *Step) Noise(shape ...int64) *torch.Tensor {
	return s.Floats(s.Draws.Normals(elements(shape), 1), shape...)
}

// Ones has a column of ones beside h [B,K]: [B,K+1], for a table whose last column is
// a bias.
func (s *Step) Ones(h *torch.Tensor) *torch.Tensor {
	return s.Join(1, h, s.Full(torch.Float32, 1, h.Size(0), 1))
}

// Last are the last n items.
func Last(history []int32, n int) []int32 { return history[max(0, len(history)-n):] }

package neural

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Owners are the users of the training data's interactions, in the order of X.Index.
func (d *Data) Owners() []int32 {
	owners := make([]int32, 0, d.X.NNZ())
	for u := range d.Users {
		for range d.X.Row(u) {
			owners = append(owners, int32(u))
		}
	}
	return owners
}

// Wide are indices as the operations of a Step take them.
func Wide(ids []int32) []int64 {
	wide := make([]int64, len(ids))
	for i, id := range ids {
		wide[i] = int64(id)
	}
	return wide
}

// Users are the users of queries.
func Users(queries []contract.Query) []int64 {
	users := make([]int64, len(queries))
	for i, q := range queries {
		users[i] = int64(q.User)
	}
	return users
}

// Against draws k items for every user that are not in the user's sorted row (see
// Outside): [len(users)*k], user by user.
func (n *Sampler) Against(d *Draws, sorted [][]int32, users []int64, k int) []int64 {
	items := make([]int64, 0, len(users)*k)
	for _, u := range users {
		for range k {
			items = append(items, int64(n.Outside(d, sorted[u])))
		}
	}
	return items
}

// MeanSquare is the mean over the rows of x [n,K] of |x_r|^2.
func (s *Step) MeanSquare(x *torch.Tensor) *torch.Tensor {
	return s.Scale(s.Sum(s.SumLast(s.Square(x))), 1/float64(max(x.Size(0), 1)))
}

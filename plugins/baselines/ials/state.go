package main

import (
	"context"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// The tensors of a state, float32.
const (
	usersName = "users" // [users, dim]
	itemsName = "items" // [items, dim]
)

// Tensors are the vectors of users and items.
func (m *model) Tensors() []safetensors.Tensor {
	return []safetensors.Tensor{
		safetensors.Float32Tensor(usersName, []int{m.users.Rows, m.users.Cols}, m.users.Data),
		safetensors.Float32Tensor(itemsName, []int{m.items.Rows, m.items.Cols}, m.items.Data),
	}
}

func read(ctx context.Context, views map[string]safetensors.View, w baseline.Work[Params]) (*model, error) {
	m := &model{weights: w.Params.weighting()}
	for name, to := range map[string]*mat{usersName: &m.users, itemsName: &m.items} {
		rows, err := baseline.Rows(views[name])
		if err != nil {
			return nil, err
		}
		values, err := baseline.Float32s(views[name], rows, w.Params.Dim)
		if err != nil {
			return nil, err
		}
		*to = lapack.Dense(rows, w.Params.Dim, values)
	}
	return m, m.prepare(ctx, w.Threads)
}

package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// The tensors of a state, float32.
const (
	usersName = "users" // [users, dim]
	itemsName = "items" // [items, dim]
)

func (p *IALS) state() baseline.State {
	return baseline.State{Plugin: p.Name(), Semantics: semantics, Parameters: p.Params()}
}

// Save writes the vectors of users and items.
func (p *IALS) Save(_ context.Context, path string) error {
	if p.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	tensor := func(name string, m mat) safetensors.Tensor {
		return safetensors.Float32Tensor(name, []int{m.Rows, m.Cols}, m.Data)
	}
	return p.state().Save(path, tensor(usersName, p.model.users), tensor(itemsName, p.model.items))
}

// Load reads what Save wrote.
func (p *IALS) Load(ctx context.Context, path string) error {
	if err := p.Configured("Load"); err != nil {
		return err
	}
	return p.state().Load(path, []string{usersName, itemsName}, func(views map[string]safetensors.View) error {
		users, err := readVectors(views[usersName], p.Params().Dim)
		if err != nil {
			return err
		}
		items, err := readVectors(views[itemsName], p.Params().Dim)
		if err != nil {
			return err
		}
		m, threads := &model{users: users, items: items}, linalg.Threads(p.threads)
		if err := m.prepare(ctx, p.Params().weighting(), threads); err != nil {
			return err
		}
		p.model, p.threads = m, threads
		return nil
	})
}

func readVectors(v safetensors.View, dim int) (m mat, err error) {
	rows, err := baseline.Rows(v)
	if err == nil {
		err = v.Expect(rows, dim)
	}
	if err != nil {
		return m, err
	}
	values, err := v.Float32s()
	if err != nil {
		return m, err
	}
	m = lapack.Dense(rows, dim, values)
	for i, x := range values {
		if x-x != 0 {
			return m, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v", v.File, i, v.Name, x)
		}
	}
	return m, nil
}

// Vectors streams the vectors of users or items [n, dim]; those of users are solved
// for exactly beside the items.
func (p *IALS) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	if p.model == nil {
		return sdk.ErrOrder("Vectors", "Fit")
	}
	m := p.model.items
	if entity == contract.EntityUser {
		m = p.model.users
	}
	const rows = 1024
	for lo := 0; lo < m.Rows; lo += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+rows, m.Rows)
		c := &contract.FeatureChunk{Name: p.Name(), Entity: entity, Width: m.Cols, Dense: part(m, lo, hi).Data}
		for r := lo; r < hi; r++ {
			c.Rows = append(c.Rows, int32(r))
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// The tensors of a state beside those of the normalised matrix, float32.
const (
	inName  = "in"  // [items, dim]
	outName = "out" // [items, dim]
)

// Tensors are the filters.
func (f *filter) Tensors() []safetensors.Tensor {
	return append(baseline.PairTensors(f.users),
		safetensors.Float32Tensor(inName, []int{f.in.Rows, f.in.Cols}, f.in.Data),
		safetensors.Float32Tensor(outName, []int{f.out.Rows, f.out.Cols}, f.out.Data))
}

func read(_ context.Context, views map[string]safetensors.View, w baseline.Work[Params]) (*filter, error) {
	users, err := baseline.ReadPairs(views)
	if err != nil {
		return nil, err
	}
	f := &filter{users: users, items: users.Transpose()}
	for name, m := range map[string]*mat{inName: &f.in, outName: &f.out} {
		values, err := baseline.Float32s(views[name], users.Cols, w.Params.Dim)
		if err != nil {
			return nil, err
		}
		*m = lapack.Dense(users.Cols, w.Params.Dim, values)
	}
	return f, nil
}

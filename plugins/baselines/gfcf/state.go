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

// The tensors of a state beside those of the normalised matrix, float32.
const (
	inName  = "in"  // [items, dim]
	outName = "out" // [items, dim]
)

func (g *GFCF) state() baseline.State {
	return baseline.State{Plugin: g.Name(), Semantics: semantics, Parameters: g.Params()}
}

// Save writes the filters.
func (g *GFCF) Save(_ context.Context, path string) error {
	if g.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	tensors := baseline.PairTensors(g.model.users)
	for name, m := range map[string]mat{inName: g.model.in, outName: g.model.out} {
		tensors = append(tensors, safetensors.Float32Tensor(name, []int{m.Rows, m.Cols}, m.Data))
	}
	return g.state().Save(path, tensors...)
}

// Load reads what Save wrote.
func (g *GFCF) Load(_ context.Context, path string) error {
	if err := g.Configured("Load"); err != nil {
		return err
	}
	return g.state().Load(path, append(baseline.PairNames(), inName, outName), func(views map[string]safetensors.View) error {
		users, err := baseline.ReadPairs(views)
		if err != nil {
			return err
		}
		f := &filter{users: users, items: users.Transpose()}
		for name, m := range map[string]*mat{inName: &f.in, outName: &f.out} {
			if *m, err = readTable(views[name], users.Cols, g.Params().Dim); err != nil {
				return err
			}
		}
		g.model, g.threads = f, linalg.Threads(g.threads)
		return nil
	})
}

// readTable copies a table of finite values.
func readTable(v safetensors.View, items, dim int) (m mat, err error) {
	if err := v.Expect(items, dim); err != nil {
		return m, err
	}
	values, err := v.Float32s()
	if err != nil {
		return m, err
	}
	for i, x := range values {
		if x-x != 0 {
			return m, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v", v.File, i, v.Name, x)
		}
	}
	return lapack.Dense(items, dim, values), nil
}

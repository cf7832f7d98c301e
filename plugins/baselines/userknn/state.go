package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// The tensors of a state: user u has the items and weights from begins[u] to
// begins[u+1]; pseudo-users come after users.
const (
	begins  = "begins"  // [users+1], int64
	items   = "items"   // [pairs], int64
	weights = "weights" // [pairs], float32
	sizes   = "sizes"   // [1], int64: the number of items
)

func (k *UserKNN) state() baseline.State {
	return baseline.State{Plugin: k.Name(), Semantics: semantics, Parameters: k.Params()}
}

// Save writes the interactions that histories are compared with.
func (k *UserKNN) Save(_ context.Context, path string) error {
	if k.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	x := k.model.x
	ptr, index, values := make([]int64, len(x.Ptr)), make([]int64, x.NNZ()), make([]float32, x.NNZ())
	for r, at := range x.Ptr {
		ptr[r] = int64(at)
	}
	for at, item := range x.Index {
		index[at], values[at] = int64(item), 1
	}
	copy(values, x.Value)
	return k.state().Save(path,
		safetensors.Int64Tensor(begins, []int{len(ptr)}, ptr), safetensors.Int64Tensor(items, []int{len(index)}, index),
		safetensors.Float32Tensor(weights, []int{len(values)}, values), safetensors.Int64Tensor(sizes, []int{1}, []int64{int64(x.Cols)}))
}

// Load reads what Save wrote.
func (k *UserKNN) Load(_ context.Context, path string) error {
	if err := k.Configured("Load"); err != nil {
		return err
	}
	return k.state().Load(path, []string{begins, items, weights, sizes}, func(views map[string]safetensors.View) error {
		x, err := readPairs(views)
		if err != nil {
			return err
		}
		k.model, k.threads = newUsers(x, k.Params()), linalg.Threads(k.threads)
		return nil
	})
}

// readPairs checks the tensors of a state against each other.
func readPairs(views map[string]safetensors.View) (*linalg.CSR, error) {
	n, err := baseline.Rows(views[begins])
	if err == nil {
		err = views[begins].Expect(n)
	}
	if err == nil {
		err = views[sizes].Expect(1)
	}
	if err != nil {
		return nil, err
	}
	size, err := views[sizes].Int64s()
	if err != nil {
		return nil, err
	}
	if size[0] < 1 || size[0] > 1<<31-1 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q says %d items", views[sizes].File, sizes, size[0])
	}
	x := &linalg.CSR{Rows: n - 1, Cols: int(size[0])}
	pairs := views[weights].Len()
	if x.Ptr, err = baseline.Pointers(views[begins], pairs); err != nil {
		return nil, err
	}
	if x.Index, err = baseline.Indices(views[items], pairs, x.Cols); err != nil {
		return nil, err
	}
	values, err := baseline.Floats(views[weights], pairs)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if v <= 0 {
			return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q holds the weight %v", views[weights].File, weights, v)
		}
		x.Value = append(x.Value, float32(v))
	}
	return x, nil
}

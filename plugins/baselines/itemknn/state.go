package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// The tensors of a state: the entries of source i are those from begins[i] to
// begins[i+1] of targets and similarities.
const (
	begins       = "begins"       // [items+1]
	targets      = "targets"      // [entries]
	similarities = "similarities" // [entries]
)

func (k *ItemKNN) state() baseline.State {
	return baseline.State{Plugin: k.Name(), Semantics: semantics, Parameters: k.Params()}
}

// Save writes every item's neighbours.
func (k *ItemKNN) Save(_ context.Context, path string) error {
	if k.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	ptr, items, values := make([]int64, len(k.model.ptr)), make([]int64, len(k.model.entries)), make([]float64, len(k.model.entries))
	for i, at := range k.model.ptr {
		ptr[i] = int64(at)
	}
	for i, e := range k.model.entries {
		items[i], values[i] = int64(e.item), e.similarity
	}
	return k.state().Save(path,
		safetensors.Int64Tensor(begins, []int{len(ptr)}, ptr),
		safetensors.Int64Tensor(targets, []int{len(items)}, items),
		safetensors.Float64Tensor(similarities, []int{len(values)}, values))
}

// Load reads what Save wrote.
func (k *ItemKNN) Load(_ context.Context, path string) error {
	if err := k.Configured("Load"); err != nil {
		return err
	}
	return k.state().Load(path, []string{begins, targets, similarities}, func(views map[string]safetensors.View) error {
		model, err := readNeighbours(views)
		if err != nil {
			return err
		}
		k.model, k.threads = model, linalg.Threads(k.threads)
		return nil
	})
}

// readNeighbours checks the tensors of a state against each other.
func readNeighbours(views map[string]safetensors.View) (*neighbours, error) {
	n, err := baseline.Rows(views[begins])
	if err != nil {
		return nil, err
	}
	if err := views[begins].Expect(n); err != nil {
		return nil, err
	}
	ptr, err := views[begins].Int64s()
	if err != nil {
		return nil, err
	}
	entries := views[similarities].Len()
	values, err := baseline.Floats(views[similarities], entries)
	if err == nil {
		err = views[targets].Expect(entries)
	}
	if err != nil {
		return nil, err
	}
	items, err := views[targets].Int64s()
	if err != nil {
		return nil, err
	}
	m := &neighbours{items: n - 1, ptr: make([]int, n), entries: make([]neighbour, entries)}
	for i, at := range ptr {
		if at < 0 || at > int64(entries) || i > 0 && at < ptr[i-1] || i == 0 && at != 0 || i == n-1 && at != int64(entries) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: the entries of item %d begin at %d of %d", views[begins].File, i, at, entries)
		}
		m.ptr[i] = int(at)
	}
	for i, item := range items {
		if item < 0 || item >= int64(m.items) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: entry %d is item %d, outside 0..%d", views[targets].File, i, item, m.items-1)
		}
		m.entries[i] = neighbour{int32(item), values[i]}
	}
	return m, nil
}

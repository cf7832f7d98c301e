package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// The tensors of a state: row i of F has values[begins[i]:begins[i+1]] in the columns
// that stand in the same places of columns; width holds their number.
const (
	begins  = "begins"  // [items+1]
	columns = "columns" // [entries]
	values  = "values"  // [entries]
	width   = "width"   // [1]
)

func (p *Text) state() baseline.State {
	return baseline.State{Plugin: p.Name(), Semantics: semantics, Parameters: p.Params()}
}

// Save writes F.
func (p *Text) Save(_ context.Context, path string) error {
	if p.features == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	f := p.features
	ptr, index := make([]int64, len(f.Ptr)), make([]int64, len(f.Index))
	for i, at := range f.Ptr {
		ptr[i] = int64(at)
	}
	for i, column := range f.Index {
		index[i] = int64(column)
	}
	return p.state().Save(path,
		safetensors.Int64Tensor(begins, []int{len(ptr)}, ptr), safetensors.Int64Tensor(columns, []int{len(index)}, index),
		safetensors.Float32Tensor(values, []int{len(f.Value)}, f.Value), safetensors.Int64Tensor(width, []int{1}, []int64{int64(f.Cols)}))
}

// Load reads what Save wrote.
func (p *Text) Load(_ context.Context, path string) error {
	if err := p.Configured("Load"); err != nil {
		return err
	}
	return p.state().Load(path, []string{begins, columns, values, width}, func(views map[string]safetensors.View) error {
		f, err := readFeatures(views)
		if err == nil {
			p.use(f, p.threads)
		}
		return err
	})
}

// readFeatures checks the tensors of a state against each other.
func readFeatures(views map[string]safetensors.View) (*linalg.CSR, error) {
	n, err := baseline.Rows(views[begins])
	if err == nil {
		err = views[begins].Expect(n)
	}
	if err != nil {
		return nil, err
	}
	entries := views[values].Len()
	ptr, err := integers(views[begins], n, int64(entries))
	if err != nil {
		return nil, err
	}
	size, err := integers(views[width], 1, 1<<31-1)
	if err != nil {
		return nil, err
	}
	index, err := integers(views[columns], entries, size[0]-1)
	if err != nil {
		return nil, err
	}
	loose, err := baseline.Floats(views[values], entries)
	if err != nil {
		return nil, err
	}
	f := &linalg.CSR{Rows: n - 1, Cols: int(size[0]), Ptr: make([]int, n), Index: make([]int32, entries), Value: make([]float32, entries)}
	for i, at := range ptr {
		if i > 0 && at < ptr[i-1] || i == 0 && at != 0 || i == n-1 && at != int64(entries) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: the features of item %d begin at %d of %d", views[begins].File, i, at, entries)
		}
		f.Ptr[i] = int(at)
	}
	for i := range loose {
		f.Index[i], f.Value[i] = int32(index[i]), float32(loose[i])
	}
	return f, nil
}

// integers are n numbers in 0..most.
func integers(v safetensors.View, n int, most int64) ([]int64, error) {
	if err := v.Expect(n); err != nil {
		return nil, err
	}
	all, err := v.Int64s()
	if err != nil {
		return nil, err
	}
	for i, x := range all {
		if x < 0 || x > most {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %d, outside 0..%d", v.File, i, v.Name, x, most)
		}
	}
	return all, nil
}

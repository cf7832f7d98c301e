package neighbours

import (
	"context"

	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// The tensors of a state: the entries of source i are those from begins[i] to
// begins[i+1] of targets and similarities.
const (
	begins       = "begins"       // [items+1], int64
	targets      = "targets"      // [entries], int64
	similarities = "similarities" // [entries], float64
)

// Names are the tensors of a state.
func Names() []string { return []string{begins, targets, similarities} }

// Tensors are what a state holds of a Matrix.
func (m *Matrix) Tensors() []safetensors.Tensor {
	ptr, items, values := make([]int64, len(m.Ptr)), make([]int64, len(m.Entries)), make([]float64, len(m.Entries))
	for i, at := range m.Ptr {
		ptr[i] = int64(at)
	}
	for i, e := range m.Entries {
		items[i], values[i] = int64(e.Index), e.Value
	}
	return []safetensors.Tensor{
		safetensors.Int64Tensor(begins, []int{len(ptr)}, ptr),
		safetensors.Int64Tensor(targets, []int{len(items)}, items),
		safetensors.Float64Tensor(similarities, []int{len(values)}, values),
	}
}

// Read makes a Matrix from the tensors of a state; ErrBadData where they contradict
// each other.
func Read(views map[string]safetensors.View) (*Matrix, error) {
	n, err := baseline.Rows(views[begins])
	if err == nil {
		err = views[begins].Expect(n)
	}
	if err != nil {
		return nil, err
	}
	entries := views[similarities].Len()
	values, err := baseline.Floats(views[similarities], entries)
	if err != nil {
		return nil, err
	}
	m := &Matrix{Items: n - 1, Entries: make([]Entry, entries)}
	if m.Ptr, err = baseline.Pointers(views[begins], entries); err != nil {
		return nil, err
	}
	items, err := baseline.Indices(views[targets], entries, m.Items)
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		m.Entries[i] = Entry{item, values[i]}
	}
	return m, nil
}

// Plugin makes a recommender of item-to-item weights: its definition without what a
// Matrix brings along.
func Plugin[P any](d baseline.Definition[P, *Matrix]) *baseline.Fitted[P, *Matrix] {
	d.Names = Names()
	d.Read = func(_ context.Context, views map[string]safetensors.View, _ baseline.Work[P]) (*Matrix, error) {
		return Read(views)
	}
	return baseline.New(d)
}

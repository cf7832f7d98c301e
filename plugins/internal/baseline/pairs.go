package baseline

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// The tensors of a sparse matrix in a state: row r has the columns and values from
// begins[r] to begins[r+1].
const (
	pairBegins  = "begins"  // [rows+1], int64
	pairColumns = "columns" // [entries], int64
	pairValues  = "values"  // [entries], float32
	pairWidth   = "width"   // [1], int64: the number of columns
)

// PairNames are the tensors of PairTensors.
func PairNames() []string { return []string{pairBegins, pairColumns, pairValues, pairWidth} }

// PairTensors are what a state holds of a sparse matrix.
func PairTensors(x *linalg.CSR) []safetensors.Tensor {
	ptr, index, values := make([]int64, len(x.Ptr)), make([]int64, x.NNZ()), make([]float32, x.NNZ())
	for r, at := range x.Ptr {
		ptr[r] = int64(at)
	}
	for at, c := range x.Index {
		index[at], values[at] = int64(c), 1
	}
	copy(values, x.Value)
	return []safetensors.Tensor{
		safetensors.Int64Tensor(pairBegins, []int{len(ptr)}, ptr), safetensors.Int64Tensor(pairColumns, []int{len(index)}, index),
		safetensors.Float32Tensor(pairValues, []int{len(values)}, values), safetensors.Int64Tensor(pairWidth, []int{1}, []int64{int64(x.Cols)}),
	}
}

// ReadPairs makes a sparse matrix from the tensors of a state, with values above zero;
// ErrBadData where they contradict each other.
func ReadPairs(views map[string]safetensors.View) (*linalg.CSR, error) {
	n, err := Rows(views[pairBegins])
	if err == nil {
		err = views[pairBegins].Expect(n)
	}
	if err == nil {
		err = views[pairWidth].Expect(1)
	}
	if err != nil {
		return nil, err
	}
	width, err := views[pairWidth].Int64s()
	if err != nil {
		return nil, err
	}
	if width[0] < 1 || width[0] > 1<<31-1 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q says %d columns", views[pairWidth].File, pairWidth, width[0])
	}
	x, entries := &linalg.CSR{Rows: n - 1, Cols: int(width[0])}, views[pairValues].Len()
	if x.Ptr, err = Pointers(views[pairBegins], entries); err != nil {
		return nil, err
	}
	if x.Index, err = Indices(views[pairColumns], entries, x.Cols); err != nil {
		return nil, err
	}
	values, err := Floats(views[pairValues], entries)
	if err != nil {
		return nil, err
	}
	x.Value = make([]float32, entries)
	for i, v := range values {
		if v <= 0 {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v, expected one above zero", views[pairValues].File, i, pairValues, v)
		}
		x.Value[i] = float32(v)
	}
	return x, nil
}

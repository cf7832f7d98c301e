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

// ReadPairs is ReadSparse for values above zero.
func ReadPairs(views map[string]safetensors.View) (*linalg.CSR, error) {
	x, err := ReadSparse(views)
	if err != nil {
		return nil, err
	}
	for i, v := range x.Value {
		if v <= 0 {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v, expected one above zero", views[pairValues].File, i, pairValues, v)
		}
	}
	return x, nil
}

// ReadSparse makes a sparse matrix from the tensors of a state; ErrBadData where they
// contradict each other.
func ReadSparse(views map[string]safetensors.View) (*linalg.CSR, error) {
	n, err := Rows(views[pairBegins])
	if err == nil {
		err = views[pairBegins].Expect(n)
	}
	if err != nil {
		return nil, err
	}
	width, err := Number(views[pairWidth])
	if err != nil {
		return nil, err
	}
	if width < 1 || width > 1<<31-1 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q says %d columns", views[pairWidth].File, pairWidth, width)
	}
	x, entries := &linalg.CSR{Rows: n - 1, Cols: int(width)}, views[pairValues].Len()
	if x.Ptr, err = Pointers(views[pairBegins], entries); err != nil {
		return nil, err
	}
	if x.Index, err = Indices(views[pairColumns], entries, x.Cols); err != nil {
		return nil, err
	}
	x.Value, err = Float32s(views[pairValues], entries)
	return x, err
}

// Package linalg holds the sparse kernels of the baselines, in plain Go; its
// folder lapack adds the dense ones that need OpenBLAS.
package linalg

// CSR is a sparse binary matrix in compressed rows: row r has ones in the
// columns Index[Ptr[r]:Ptr[r+1]], in any order, each once.
type CSR struct {
	Rows, Cols int
	Ptr        []int // length Rows+1
	Index      []int32
}

// Row lists the columns of row r; the caller must not change it.
func (m *CSR) Row(r int) []int32 { return m.Index[m.Ptr[r]:m.Ptr[r+1]] }

// NNZ is the number of ones.
func (m *CSR) NNZ() int { return len(m.Index) }

// ColumnCounts is the number of ones of each column, [Cols].
func (m *CSR) ColumnCounts() []int {
	counts := make([]int, m.Cols)
	for _, c := range m.Index {
		counts[c]++
	}
	return counts
}

// Transpose returns the transposed matrix, [Cols x Rows], with rising columns.
func (m *CSR) Transpose() *CSR {
	t := &CSR{Rows: m.Cols, Cols: m.Rows, Ptr: make([]int, m.Cols+1), Index: make([]int32, len(m.Index))}
	for c, n := range m.ColumnCounts() {
		t.Ptr[c+1] = t.Ptr[c] + n
	}
	next := append([]int(nil), t.Ptr...)
	for r := range m.Rows {
		for _, c := range m.Row(r) {
			t.Index[next[c]] = int32(r)
			next[c]++
		}
	}
	return t
}

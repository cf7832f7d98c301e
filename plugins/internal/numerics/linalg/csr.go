// Package linalg holds the sparse kernels of the baselines, in plain Go; its
// folder lapack adds the dense ones that need OpenBLAS.
package linalg

import "slices"

// CSR is a sparse matrix in compressed rows: row r has entries in the columns
// Index[Ptr[r]:Ptr[r+1]], in any order, each once. Value holds their values in the
// same places; nil means that all are one.
type CSR struct {
	Rows, Cols int
	Ptr        []int // length Rows+1
	Index      []int32
	Value      []float32
}

// Row lists the columns of row r; the caller must not change it.
func (m *CSR) Row(r int) []int32 { return m.Index[m.Ptr[r]:m.Ptr[r+1]] }

// Values are the values of row r, in Row's order; nil means that all are one.
func (m *CSR) Values(r int) []float32 {
	if m.Value == nil {
		return nil
	}
	return m.Value[m.Ptr[r]:m.Ptr[r+1]]
}

// At is the value of an entry, by its place in Index.
func (m *CSR) At(entry int) float64 {
	if m.Value == nil {
		return 1
	}
	return float64(m.Value[entry])
}

// RowSum adds up the values of row r.
func (m *CSR) RowSum(r int) float64 {
	if m.Value == nil {
		return float64(len(m.Row(r)))
	}
	sum := 0.0
	for _, v := range m.Values(r) {
		sum += float64(v)
	}
	return sum
}

// NNZ is the number of entries.
func (m *CSR) NNZ() int { return len(m.Index) }

// ColumnCounts is the number of entries of each column, [Cols].
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
	if m.Value != nil {
		t.Value = make([]float32, len(m.Value))
	}
	for c, n := range m.ColumnCounts() {
		t.Ptr[c+1] = t.Ptr[c] + n
	}
	next := append([]int(nil), t.Ptr...)
	for r := range m.Rows {
		for i := m.Ptr[r]; i < m.Ptr[r+1]; i++ {
			c := m.Index[i]
			t.Index[next[c]] = int32(r)
			if m.Value != nil {
				t.Value[next[c]] = m.Value[i]
			}
			next[c]++
		}
	}
	return t
}

// Above is m with the rows of below under its own, which must have as many columns.
// Without values on either side there are none; below may be nil, which gives m.
func (m *CSR) Above(below *CSR) *CSR {
	if below == nil {
		return m
	}
	out := &CSR{
		Rows: m.Rows + below.Rows, Cols: m.Cols,
		Ptr:   append(make([]int, 0, m.Rows+below.Rows+1), m.Ptr...),
		Index: slices.Concat(m.Index, below.Index),
	}
	for _, at := range below.Ptr[1:] {
		out.Ptr = append(out.Ptr, m.NNZ()+at)
	}
	if m.Value != nil || below.Value != nil {
		out.Value = append(append(make([]float32, 0, len(out.Index)), m.ones()...), below.ones()...)
	}
	return out
}

// ones are the values, with ones written out.
func (m *CSR) ones() []float32 {
	if m.Value != nil {
		return m.Value
	}
	return slices.Repeat([]float32{1}, len(m.Index))
}

// FromTriplets lays entries (row, column, value) out in rows; those of a row keep
// their order. A nil value means ones. The indices must be in range.
func FromTriplets(rows, cols int, row, column []int32, value []float32) *CSR {
	m := &CSR{Rows: rows, Cols: cols, Ptr: make([]int, rows+1), Index: make([]int32, len(row))}
	if value != nil {
		m.Value = make([]float32, len(row))
	}
	for _, r := range row {
		m.Ptr[r+1]++
	}
	for r := range rows {
		m.Ptr[r+1] += m.Ptr[r]
	}
	next := slices.Clone(m.Ptr)
	for i, r := range row {
		m.Index[next[r]] = column[i]
		if value != nil {
			m.Value[next[r]] = value[i]
		}
		next[r]++
	}
	return m
}

// Repeated finds a column that stands twice in a row.
func (m *CSR) Repeated() (row int, column int32, found bool) {
	last := make([]int, m.Cols)
	for r := range m.Rows {
		for _, c := range m.Row(r) {
			if last[c] == r+1 {
				return r, c, true
			}
			last[c] = r + 1
		}
	}
	return 0, 0, false
}

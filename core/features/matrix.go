package features

import (
	"cllm4rec/core/contract"
)

// chunkValues is how many values a chunk holds at most, but for a row that has more:
// about a mebibyte.
const chunkValues = 1 << 17

// Matrix is a feature matrix [Rows x Width] of all items or users, dense or sparse.
type Matrix struct {
	Rows, Width int
	// Dense is row-major, Rows*Width; nil for a sparse matrix.
	Dense []float32
	// Of a sparse matrix, row i has Values[Ptr[i]:Ptr[i+1]] in Columns[...], which
	// ascend. No value is zero.
	Ptr     []int
	Columns []int32
	Values  []float32
}

// Permuted is the matrix whose row j is row p[j] of m.
func (m *Matrix) Permuted(p []int32) *Matrix {
	out := &Matrix{Rows: m.Rows, Width: m.Width}
	if m.Dense != nil {
		out.Dense = make([]float32, 0, len(m.Dense))
		for _, from := range p {
			out.Dense = append(out.Dense, m.Dense[int(from)*m.Width:(int(from)+1)*m.Width]...)
		}
		return out
	}
	out.Ptr = make([]int, 1, m.Rows+1)
	for _, from := range p {
		lo, hi := m.Ptr[from], m.Ptr[from+1]
		out.Columns, out.Values = append(out.Columns, m.Columns[lo:hi]...), append(out.Values, m.Values[lo:hi]...)
		out.Ptr = append(out.Ptr, len(out.Columns))
	}
	return out
}

// Chunks are the matrix as it travels: all rows, in their order.
func (m *Matrix) Chunks(name string, entity contract.Entity) []*contract.FeatureChunk {
	var chunks []*contract.FeatureChunk
	for lo := 0; lo < m.Rows; {
		hi := m.end(lo)
		c := &contract.FeatureChunk{Name: name, Entity: entity, Width: m.Width, Rows: make([]int32, hi-lo)}
		for i := range c.Rows {
			c.Rows[i] = int32(lo + i)
		}
		if m.Dense != nil {
			c.Dense = m.Dense[lo*m.Width : hi*m.Width]
		} else {
			c.Columns, c.Values = m.Columns[m.Ptr[lo]:m.Ptr[hi]], m.Values[m.Ptr[lo]:m.Ptr[hi]]
			for _, at := range m.Ptr[lo : hi+1] {
				c.Offsets = append(c.Offsets, int64(at-m.Ptr[lo]))
			}
		}
		chunks = append(chunks, c)
		lo = hi
	}
	return chunks
}

// end is behind the last row of the chunk that begins with row lo.
func (m *Matrix) end(lo int) int {
	hi, values := lo, 0
	for hi < m.Rows && (hi == lo || values+m.valuesOf(hi) <= chunkValues) {
		values += m.valuesOf(hi)
		hi++
	}
	return hi
}

// valuesOf is how much row i adds to a chunk.
func (m *Matrix) valuesOf(i int) int {
	if m.Dense != nil {
		return m.Width
	}
	return 1 + m.Ptr[i+1] - m.Ptr[i]
}

// SideChunks are the columns of a sparse matrix of items as pseudo-users: pseudo-user
// t has item i with the weight times the value of i in column t.
func (m *Matrix) SideChunks(name string, weight float64) []*contract.SideChunk {
	var chunks []*contract.SideChunk
	var c *contract.SideChunk
	for item := range m.Rows {
		for at := m.Ptr[item]; at < m.Ptr[item+1]; at++ {
			if c == nil || len(c.Rows) == chunkValues {
				c = &contract.SideChunk{Name: name}
				chunks = append(chunks, c)
			}
			c.Rows, c.Items = append(c.Rows, m.Columns[at]), append(c.Items, int32(item))
			c.Weights = append(c.Weights, float32(weight*float64(m.Values[at])))
		}
	}
	return chunks
}
